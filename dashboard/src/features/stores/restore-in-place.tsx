import { History } from "lucide-react";
import { useState } from "react";
import type { StoreDetailsFragment } from "@/gql/graphql";
import { dayAndTime } from "@/lib/time";
import { useNow } from "@/lib/use-now";
import styles from "./backup-actions.module.css";
import type { Backup } from "./backup-words";
import { RestoreDialog } from "./restore-dialog";
import { isLeaving, isOperationUnderWay, isUnderWay } from "./store-facts";

interface RestoreInPlaceProps {
  store: StoreDetailsFragment;
  backup: Backup;
  newest: Backup;
}

/** The way to put a backup in the place of the shop, while there is one. */
export function RestoreInPlace({ store, backup, newest }: RestoreInPlaceProps) {
  const when = dayAndTime(backup.madeAt, useNow());
  const [isAsked, setAsked] = useState(false);
  if (store.status === "DELETED" || isLeaving(store)) return null;
  // A paused shop is opened again first, as the panel says.
  const isBusy = isUnderWay(store) || isOperationUnderWay(store) || store.status === "SUSPENDED";
  return (
    <>
      {/* Not disabled meanwhile, which would take the keyboard's place in the list away. */}
      <button type="button" className={styles.button} aria-disabled={isBusy} onClick={() => setAsked(!isBusy)}>
        <span className={styles.mark}>
          <History size={14} aria-hidden /> Restore in place of this shop
        </span>
        <span className="visually-hidden">{` the backup of ${when}`}</span>
      </button>
      {isAsked && <RestoreDialog store={store} backup={backup} newest={newest} onClose={() => setAsked(false)} />}
    </>
  );
}
