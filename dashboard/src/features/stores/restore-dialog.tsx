import { useMutation } from "urql";
import { announce } from "@/lib/announcer";
import { refusalOf } from "@/lib/graphql/refusal-of";
import { useNow } from "@/lib/use-now";
import { momentInWords } from "./backup-words";
import { RESTORE_BACKUP } from "./operations";
import { ReplaceDialog, type Replacement } from "./replace-dialog";
import { inWords } from "./restore-words";

/** Says what is lost when a backup takes the place of the shop, and has it done. */
export function RestoreDialog(replacement: Replacement) {
  const { store, backup, onClose } = replacement;
  const when = momentInWords(backup, useNow());
  const [result, restore] = useMutation(RESTORE_BACKUP);

  async function confirm(withoutBackup: boolean) {
    const input = { id: backup.id, acceptLossSince: backup.madeAt, withoutBackup };
    if (refusalOf(await restore({ input }), (data) => inWords(data.restoreBackup))) return;
    announce(`The backup of ${when} is being restored in place of ${store.title}.`);
    onClose();
  }

  return (
    <ReplaceDialog
      {...replacement}
      title={`Restore ${store.title} as of ${when}?`}
      action="Restore in its place"
      isBeginning={result.fetching}
      refusal={refusalOf(result, (data) => inWords(data.restoreBackup))}
      onConfirm={confirm}
    />
  );
}
