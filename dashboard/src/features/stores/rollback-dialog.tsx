import { useMutation } from "urql";
import { announce } from "@/lib/announcer";
import { refusalOf } from "@/lib/graphql/refusal-of";
import { ROLLBACK_STORE } from "./operations";
import { ReplaceDialog, type Replacement } from "./replace-dialog";
import { goBackTo, inWords } from "./upgrade-words";

/** Says what is lost when a shop is brought back to the version before, and has it done. */
export function RollbackDialog(replacement: Replacement) {
  const { store, backup, onClose } = replacement;
  const version = backup.engineVersion;
  const [result, rollBack] = useMutation(ROLLBACK_STORE);

  async function confirm(withoutBackup: boolean) {
    const input = { id: store.id, acceptLossSince: backup.madeAt, withoutBackup };
    if (refusalOf(await rollBack({ input }), (data) => inWords(data.rollbackStore))) return;
    announce(`${store.title} is being brought back to ${version}.`);
    onClose();
  }

  return (
    <ReplaceDialog
      {...replacement}
      title={`Bring ${store.title} back to ${version}?`}
      action={goBackTo(version)}
      isBeginning={result.fetching}
      refusal={refusalOf(result, (data) => inWords(data.rollbackStore))}
      onConfirm={confirm}
    />
  );
}
