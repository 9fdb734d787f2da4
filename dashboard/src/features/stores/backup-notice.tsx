import { Notice } from "@/components/notice";
import type { StoreBackupsQuery, StoreDetailsFragment } from "@/gql/graphql";
import { relativeTime } from "@/lib/time";
import { useNow } from "@/lib/use-now";
import { useCanChange } from "@/lib/viewer";
import { backupsIn, isBackupMissed } from "./backup-words";
import { isBackingUp, isRestoring, isUpgrading } from "./store-facts";

interface BackupNoticeProps {
  store: StoreDetailsFragment;
  /** What is known of its backups; undefined until it is. */
  known: StoreBackupsQuery | undefined;
}

/** Warns of a shop that has no backup of late, though the platform should have made one. */
export function BackupNotice({ store, known }: BackupNoticeProps) {
  const now = useNow();
  const canChange = useCanChange();
  if (!known || isBackingUp(store) || isRestoring(store) || isUpgrading(store)) return null;
  const newest = backupsIn(known)[0];
  if (!isBackupMissed(store, known.platform.backups, newest, now)) return null;
  return (
    <Notice tone="warning" title={newest ? "The newest backup of this shop is old" : "This shop has no backup"}>
      <p>{newest ? `It was made ${relativeTime(newest.madeAt, now)}: what came since is in no backup.` : "If the shop were lost, everything in it would be."}</p>
      <p>{canChange ? "Choose “Back up now”. If that fails, tell whoever runs the platform." : "Tell the shop’s owner, or whoever runs the platform."}</p>
    </Notice>
  );
}
