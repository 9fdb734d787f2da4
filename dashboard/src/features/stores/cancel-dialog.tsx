import { useMutation } from "urql";
import { Button } from "@/components/button";
import { Dialog } from "@/components/dialog";
import { DialogActions, DialogForm } from "@/components/dialog-form";
import { Refusal } from "@/components/refusal";
import type { StoreSummaryFragment } from "@/gql/graphql";
import { refusalOf } from "@/lib/graphql/refusal-of";
import { CANCEL_STORE } from "./operations";

interface CancelDialogProps {
  store: Pick<StoreSummaryFragment, "id" | "title">;
  onClose: () => void;
}

/** Makes sure that a store is to be given up while it is being built. */
export function CancelDialog({ store, onClose }: CancelDialogProps) {
  const [result, cancelStore] = useMutation(CANCEL_STORE);

  async function submit() {
    if (!refusalOf(await cancelStore({ input: { id: store.id } }), (data) => data.cancelStore)) onClose();
  }

  return (
    <Dialog title={`Give up ${store.title}?`} onClose={onClose}>
      <DialogForm onSubmit={submit}>
        <p>The work on it stops, and what was made so far is removed. The name is free again afterwards.</p>
        <Refusal title="It was not cancelled" message={refusalOf(result, (data) => data.cancelStore)} />
        <DialogActions>
          <Button onClick={onClose}>Go on building</Button>
          <Button type="submit" look="danger" disabled={result.fetching}>
            {result.fetching ? "Cancelling …" : "Give it up"}
          </Button>
        </DialogActions>
      </DialogForm>
    </Dialog>
  );
}
