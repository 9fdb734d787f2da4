import { useRef, useState } from "react";
import { Link } from "react-router";
import { useMutation } from "urql";
import { Button } from "@/components/button";
import { Checkbox } from "@/components/checkbox";
import { Dialog } from "@/components/dialog";
import { DialogActions, DialogForm } from "@/components/dialog-form";
import { Refusal } from "@/components/refusal";
import type { RestoreBackupMutation, StoreDetailsFragment } from "@/gql/graphql";
import { announce } from "@/lib/announcer";
import { refusalOf } from "@/lib/graphql/refusal-of";
import { useNow } from "@/lib/use-now";
import { type Backup, lossInWords, momentInWords } from "./backup-words";
import { RESTORE_BACKUP } from "./operations";
import styles from "./restore-dialog.module.css";
import { restorePath } from "./restore-path";
import { isRestoreGivenUp } from "./store-facts";
import { useSoftwareLabel } from "./use-software-label";

type Payload = RestoreBackupMutation["restoreBackup"];

const HAS_FAILED = "This shop has failed, so it cannot be saved as it is. Tick this, or choose “Try again” on its page first.";

/** What the API tells programs in words of its own. */
const REFUSALS: Record<string, string> = {
  BACKUP_UNKNOWN: "This backup is not there any more. Keep the shop as it is, and choose another one.",
  NOT_READY: "The shop cannot be saved as it is at the moment. Its page says how it is doing.",
};

interface RestoreDialogProps {
  store: StoreDetailsFragment;
  backup: Backup;
  /** The newest backup of the shop, which may be the same. */
  newest: Backup;
  onClose: () => void;
}

/** Says what is lost when a backup takes the place of the shop, and has it done. */
export function RestoreDialog({ store, backup, newest, onClose }: RestoreDialogProps) {
  const now = useNow();
  const [result, restore] = useMutation(RESTORE_BACKUP);
  const [isTicked, setTicked] = useState(false);
  const [isUnsavedMissing, setUnsavedMissing] = useState(false);
  const choice = useRef<HTMLInputElement>(null);
  const hasFailed = store.status === "FAILED";
  const isAsked = store.status !== "READY" || isRestoreGivenUp(store);
  const isUnsaved = isAsked && isTicked;
  const when = momentInWords(backup, now);

  async function submit() {
    if (hasFailed && !isUnsaved) {
      setUnsavedMissing(true);
      choice.current?.focus();
      return;
    }
    const input = { id: backup.id, acceptLossSince: backup.madeAt, withoutBackup: isUnsaved };
    if (refusalOf(await restore({ input }), (data) => inWords(data.restoreBackup))) return;
    announce(`The backup of ${when} is being restored in place of ${store.name}.`);
    onClose();
  }

  return (
    <Dialog title={`Restore ${store.name} as of ${when}?`} onClose={onClose}>
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
        <Refusal title="Nothing was restored" message={refusalOf(result, (data) => inWords(data.restoreBackup))} />
        <DialogActions>
          <Button onClick={onClose}>Keep the shop as it is</Button>
          <Button type="submit" look="danger" disabled={result.fetching}>
            {result.fetching ? "Beginning …" : "Restore in its place"}
          </Button>
        </DialogActions>
      </DialogForm>
    </Dialog>
  );
}

type ConsequencesProps = Omit<RestoreDialogProps, "onClose"> & { isSaved: boolean };

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

/** A payload with its errors as people are told them. */
function inWords({ errors }: Payload): { errors: { message: string }[] } {
  return { errors: errors.map(({ code, message }) => ({ message: REFUSALS[code] ?? message })) };
}
