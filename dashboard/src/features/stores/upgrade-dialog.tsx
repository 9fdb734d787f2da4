import { useMutation } from "urql";
import { Button } from "@/components/button";
import { Dialog } from "@/components/dialog";
import { DialogActions, DialogForm } from "@/components/dialog-form";
import { Refusal } from "@/components/refusal";
import type { StoreSummaryFragment } from "@/gql/graphql";
import { announce } from "@/lib/announcer";
import { refusalOf } from "@/lib/graphql/refusal-of";
import { UPGRADE_STORE } from "./operations";
import { HOW_IT_COMES_BACK, inWords, upgradeTo } from "./upgrade-words";

interface UpgradeDialogProps {
  store: Pick<StoreSummaryFragment, "id" | "title">;
  version: string;
  onClose: () => void;
}

/** Says what becomes of a shop that is upgraded, and has it done. */
export function UpgradeDialog({ store, version, onClose }: UpgradeDialogProps) {
  const [result, upgrade] = useMutation(UPGRADE_STORE);

  async function submit() {
    if (refusalOf(await upgrade({ input: { id: store.id, version } }), (data) => inWords(data.upgradeStore))) return;
    announce(`${store.title} is being upgraded to ${version}.`);
    onClose();
  }

  return (
    <Dialog title={`Upgrade ${store.title} to ${version}?`} onClose={onClose}>
      <DialogForm onSubmit={submit}>
        <p>The shop is closed for some minutes: visitors see that it will be back soon. It opens by itself once a shopper could buy in it.</p>
        <p>{`Before anything of it is changed, the whole shop is saved. ${HOW_IT_COMES_BACK}`}</p>
        <p>Its address, its passwords, and all that is in it stay: products, orders, customers and settings.</p>
        <Refusal title="The shop was not upgraded" message={refusalOf(result, (data) => inWords(data.upgradeStore))} />
        <DialogActions>
          <Button onClick={onClose}>Leave it as it is</Button>
          <Button type="submit" look="primary" disabled={result.fetching}>
            {result.fetching ? "Beginning …" : upgradeTo(version)}
          </Button>
        </DialogActions>
      </DialogForm>
    </Dialog>
  );
}
