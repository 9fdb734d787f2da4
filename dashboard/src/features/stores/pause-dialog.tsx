import { useMutation } from "urql";
import { Button } from "@/components/button";
import { Dialog } from "@/components/dialog";
import { DialogActions, DialogForm } from "@/components/dialog-form";
import { Refusal } from "@/components/refusal";
import type { StoreSummaryFragment } from "@/gql/graphql";
import { announce } from "@/lib/announcer";
import { refusalOf } from "@/lib/graphql/refusal-of";
import { useViewer } from "@/lib/viewer";
import { SUSPEND_STORE } from "./operations";
import { countInWords, inWords, PAUSE, WHAT_IS_KEPT, WHAT_VISITORS_SEE } from "./pause-words";

interface PauseDialogProps {
  store: Pick<StoreSummaryFragment, "id" | "title" | "owner" | "ownerSource">;
  onClose: () => void;
}

/** Says what becomes of a shop that is paused, and has it done. */
export function PauseDialog({ store, onClose }: PauseDialogProps) {
  const [result, suspend] = useMutation(SUSPEND_STORE);
  const viewer = useViewer().data;

  async function submit() {
    if (refusalOf(await suspend({ input: { id: store.id } }), (data) => inWords(data.suspendStore))) return;
    announce(`${store.title} is being paused.`);
    onClose();
  }

  return (
    <Dialog title={`Pause ${store.title}?`} onClose={onClose}>
      <DialogForm onSubmit={submit}>
        <p>{`${WHAT_VISITORS_SEE} Its admin is closed too, until you open the shop again.`}</p>
        <p>{`${WHAT_IS_KEPT} No backups are made meanwhile, since nothing in it changes.`}</p>
        {viewer && <p>{countInWords(viewer, store)}</p>}
        <Refusal title="The shop was not paused" message={refusalOf(result, (data) => inWords(data.suspendStore))} />
        <DialogActions>
          <Button onClick={onClose}>Keep it open</Button>
          <Button type="submit" look="primary" disabled={result.fetching}>
            {result.fetching ? "Beginning …" : PAUSE}
          </Button>
        </DialogActions>
      </DialogForm>
    </Dialog>
  );
}
