import { Pin } from "lucide-react";
import { Link } from "react-router";
import { useMutation } from "urql";
import { Refusal } from "@/components/refusal";
import type { StoreDetailsFragment } from "@/gql/graphql";
import { announce } from "@/lib/announcer";
import { refusalOf } from "@/lib/graphql/refusal-of";
import { dayAndTime } from "@/lib/time";
import { useNow } from "@/lib/use-now";
import { useCanChange } from "@/lib/viewer";
import styles from "./backup-actions.module.css";
import { CheckButton, CheckResult } from "./backup-check";
import type { Backup, BackupPolicy } from "./backup-words";
import { PIN_BACKUP, UNPIN_BACKUP } from "./operations";
import { RestoreInPlace } from "./restore-in-place";
import { restorePath } from "./restore-path";

interface BackupActionsProps {
  store: StoreDetailsFragment;
  backup: Backup | undefined;
  /** The newest backup of the shop. */
  newest: Backup | undefined;
  policy: BackupPolicy;
}

/** What can be done with a backup; to those who may only look, whether it is pinned. */
export function BackupActions({ store, backup, newest, policy }: BackupActionsProps) {
  const canChange = useCanChange();
  if (!backup || !newest) return null;
  if (!canChange) {
    return (
      <>
        <CheckResult backup={backup} />
        {backup.isPinned && <PinMark isPinned />}
      </>
    );
  }
  return (
    <div className={styles.actions}>
      <CheckResult backup={backup} />
      <div className={styles.ways}>
        <RestoreIntoNew storeId={store.id} backup={backup} />
        <RestoreInPlace store={store} backup={backup} newest={newest} />
      </div>
      <CheckButton backup={backup} />
      {/* Where all are kept there is nothing to be kept from. */}
      {policy.retention && <PinButton backup={backup} />}
    </div>
  );
}

/** Leads to the form for a new shop, which can be left again: nothing is begun here. */
function RestoreIntoNew({ storeId, backup }: { storeId: string; backup: Backup }) {
  const when = dayAndTime(backup.madeAt, useNow());
  return (
    <Link to={restorePath(storeId, backup.number)}>
      Restore into a new shop<span className="visually-hidden">{` from the backup of ${when}`}</span>
    </Link>
  );
}

/** Pins a backup, or unpins it. */
function PinButton({ backup: { id, isPinned, madeAt } }: { backup: Backup }) {
  const when = dayAndTime(madeAt, useNow());
  const [pinned, pin] = useMutation(PIN_BACKUP);
  const [unpinned, unpin] = useMutation(UNPIN_BACKUP);
  const refusal = isPinned ? refusalOf(unpinned, (data) => data.unpinBackup) : refusalOf(pinned, (data) => data.pinBackup);

  async function toggle() {
    // Not disabled meanwhile, which would take the keyboard's place in the list away.
    if (pinned.fetching || unpinned.fetching) return;
    const input = { id };
    const refused = isPinned
      ? refusalOf(await unpin({ input }), (data) => data.unpinBackup)
      : refusalOf(await pin({ input }), (data) => data.pinBackup);
    if (!refused) announce(`The backup of ${when} is ${isPinned ? "not pinned any more" : "pinned"}.`);
  }

  return (
    <>
      <button type="button" className={`${styles.button ?? ""} ${styles.pin ?? ""}`} onClick={toggle}>
        <PinMark isPinned={isPinned} />
        <span className="visually-hidden">{isPinned ? ` (unpin the backup of ${when})` : ` the backup of ${when}`}</span>
      </button>
      {refusal && (
        <div className={styles.refusal}>
          <Refusal title={isPinned ? "It was not unpinned" : "It was not pinned"} message={refusal} />
        </div>
      )}
    </>
  );
}

function PinMark({ isPinned }: { isPinned: boolean }) {
  return (
    <span className={styles.mark}>
      <Pin size={14} aria-hidden fill={isPinned ? "currentColor" : "none"} /> {isPinned ? "Pinned" : "Pin"}
    </span>
  );
}
