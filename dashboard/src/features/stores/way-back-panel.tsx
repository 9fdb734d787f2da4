import { Undo2 } from "lucide-react";
import { useState } from "react";
import { Panel } from "@/components/panel";
import type { StoreBackupsQuery, StoreDetailsFragment } from "@/gql/graphql";
import { useNow } from "@/lib/use-now";
import { useCanChange } from "@/lib/viewer";
import { backupsIn, momentInWords } from "./backup-words";
import { IdleButton } from "./idle-button";
import { RollbackDialog } from "./rollback-dialog";
import { canBeOpened, isLeaving } from "./store-facts";
import styles from "./upgrade-panel.module.css";
import { goBackTo } from "./upgrade-words";

interface WayBackPanelProps {
  store: StoreDetailsFragment;
  /** What is known of its backups; undefined until it is. */
  known: StoreBackupsQuery | undefined;
}

/** The way back to the version that a shop had before its upgrade, as long as it is saved. */
export function WayBackPanel({ store, known }: WayBackPanelProps) {
  const canChange = useCanChange();
  const now = useNow();
  const [isAsked, setAsked] = useState(false);
  const backup = known?.platform.backups && known.store?.wayBack;
  const newest = known && backupsIn(known)[0];
  if (!backup || !newest) return null;
  const isOffered = canChange && !isLeaving(store) && (canBeOpened(store) || store.status === "FAILED");
  return (
    <>
      {isOffered && (
        <Panel title="The version before">
          <div className={styles.parts}>
            <p className={styles.hint}>
              {`This shop had version ${backup.engineVersion} before its upgrade. As it was then it is in the backup of ${momentInWords(backup, now)}.`}
            </p>
            <IdleButton store={store} onAsk={() => setAsked(true)}>
              <Undo2 size={16} aria-hidden /> <span>{goBackTo(backup.engineVersion)}</span>
            </IdleButton>
          </div>
        </Panel>
      )}
      {/* Beside the panel, which goes at once when a shop that has failed is brought back. */}
      {isAsked && <RollbackDialog store={store} backup={backup} newest={newest} onClose={() => setAsked(false)} />}
    </>
  );
}
