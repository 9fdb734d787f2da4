import { useMutation } from "urql";
import { Button } from "@/components/button";
import { Dialog } from "@/components/dialog";
import { DialogActions, DialogForm } from "@/components/dialog-form";
import { Refusal } from "@/components/refusal";
import type { StoreSummaryFragment } from "@/gql/graphql";
import { announce } from "@/lib/announcer";
import { refusalOf } from "@/lib/graphql/refusal-of";
import { RESTART_STORE } from "./operations";
import { inWords, RESTART, WHAT_IT_HELPS, WHAT_SHOPPERS_NOTICE } from "./restart-words";

interface RestartDialogProps {
  store: Pick<StoreSummaryFragment, "id" | "title">;
  onClose: () => void;
}

/** Says what a restart does to a shop, and has it done. */
export function RestartDialog({ store, onClose }: RestartDialogProps) {
  const [result, restart] = useMutation(RESTART_STORE);

  async function submit() {
    if (refusalOf(await restart({ input: { id: store.id } }), (data) => inWords(data.restartStore))) return;
    announce(`${store.title} is being restarted.`);
    onClose();
  }

  return (
    <Dialog title={`Restart ${store.title}?`} onClose={onClose}>
      <DialogForm onSubmit={submit}>
        <p>{`Every part of the shop starts anew, its database first. ${WHAT_IT_HELPS}`}</p>
        <p>{`${WHAT_SHOPPERS_NOTICE} What somebody does just then, such as sending an order, may have to be done again.`}</p>
        <p>Nothing is lost: products, orders and settings stay as they are. Its admin may ask you to sign in again.</p>
        <Refusal title="The shop was not restarted" message={refusalOf(result, (data) => inWords(data.restartStore))} />
        <DialogActions>
          <Button onClick={onClose}>Leave it as it is</Button>
          <Button type="submit" look="primary" disabled={result.fetching}>
            {result.fetching ? "Beginning …" : RESTART}
          </Button>
        </DialogActions>
      </DialogForm>
    </Dialog>
  );
}
