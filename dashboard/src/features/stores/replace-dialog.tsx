import { useRef, useState } from "react";
import { Link } from "react-router";
import { Button } from "@/components/button";
import { Checkbox } from "@/components/checkbox";
import { Dialog } from "@/components/dialog";
import { DialogActions, DialogForm } from "@/components/dialog-form";
import { Refusal } from "@/components/refusal";
import type { StoreDetailsFragment } from "@/gql/graphql";
import { useNow } from "@/lib/use-now";
import { type Backup, lossInWords } from "./backup-words";
import styles from "./replace-dialog.module.css";
import { restorePath } from "./restore-path";
import { isRestoreGivenUp } from "./store-facts";
import { useSoftwareLabel } from "./use-software-label";

const HAS_FAILED = "This shop has failed, so it cannot be saved as it is. Tick this, or choose “Try again” on its page first.";

/** A backup that is to take the place of its shop. */
export interface Replacement {
  store: StoreDetailsFragment;
  backup: Backup;
  /** The newest backup of the shop, which may be the same. */
  newest: Backup;
  onClose: () => void;
}

interface ReplaceDialogProps extends Replacement {
  title: string;
  /** On the button that has it done. */
  action: string;
  isBeginning: boolean;
  refusal: string | undefined;
  onConfirm: (isUnsaved: boolean) => Promise<void>;
}

/** Says what is lost when a backup takes the place of the shop, and asks whether that may be. */
export function ReplaceDialog({ store, backup, newest, onClose, title, action, isBeginning, refusal, onConfirm }: ReplaceDialogProps) {
  const [isTicked, setTicked] = useState(false);
  const [isUnsavedMissing, setUnsavedMissing] = useState(false);
  const choice = useRef<HTMLInputElement>(null);
  const hasFailed = store.status === "FAILED";
  const isAsked = store.status !== "READY" || isRestoreGivenUp(store);
  const isUnsaved = isAsked && isTicked;

  async function submit() {
    if (hasFailed && !isUnsaved) {
      setUnsavedMissing(true);
      choice.current?.focus();
      return;
    }
    await onConfirm(isUnsaved);
  }

  return (
    <Dialog title={title} onClose={onClose}>
      <DialogForm onSubmit={submit}>
        <Consequences store={store} backup={backup} newest={newest} isSaved={!isUnsaved && !hasFailed} />
        {isAsked && (
          <Checkbox
            label="Do not save it as it is"
            hint="For a shop whose data cannot be read any more. What is in no backup is lost for good."
            error={isUnsavedMissing && !isUnsaved ? HAS_FAILED : undefined}
            isChecked={isTicked}
            onChange={setTicked}
            ref={choice}
          />
        )}
        <Refusal title="Nothing was restored" message={refusal} />
        <DialogActions>
          <Button onClick={onClose}>Keep the shop as it is</Button>
          <Button type="submit" look="danger" disabled={isBeginning}>
            {isBeginning ? "Beginning …" : action}
          </Button>
        </DialogActions>
      </DialogForm>
    </Dialog>
  );
}

type ConsequencesProps = Omit<Replacement, "onClose"> & { isSaved: boolean };

/** What is lost, what becomes of the shop meanwhile, and how to lose nothing. */
function Consequences({ store, backup, newest, isSaved }: ConsequencesProps) {
  const now = useNow();
  const softwareOf = useSoftwareLabel();
  const then = store.engineVersion === backup.engineVersion ? "" : ` The shop software is that of the backup, ${softwareOf(backup)}.`;
  return (
    <>
      <p>
        <strong>{lossInWords(backup, newest, now)}</strong>
      </p>
      <p>
        {isSaved
          ? "The shop is closed for some minutes: visitors see that it will be back soon. It is saved as it is before, and that backup can be restored in turn. If this one cannot be loaded, the shop is brought back as it was."
          : "The shop is closed for some minutes: visitors see that it will be back soon. It is not saved as it is before, so what is in no backup cannot be brought back."}
      </p>
      <p className={styles.hint}>
        <span>{`Its address stays. Accounts keep the passwords of then.${then} `}</span>
        <Link to={restorePath(store.id, backup.number)}>Restore into a new shop instead</Link>
      </p>
    </>
  );
}
