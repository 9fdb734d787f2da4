import { CircleStop, ExternalLink, RotateCw, Settings, Trash2 } from "lucide-react";
import { useState } from "react";
import { useMutation } from "urql";
import { Button, OutsideLink } from "@/components/button";
import { Refusal } from "@/components/refusal";
import type { StoreDetailsFragment } from "@/gql/graphql";
import { useAreAddressesChecked } from "@/lib/addresses";
import { refusalOf } from "@/lib/graphql/refusal-of";
import { useCanChange } from "@/lib/viewer";
import { CancelDialog } from "./cancel-dialog";
import { DeleteDialog } from "./delete-dialog";
import { DELETE_STORE, RETRY_STORE } from "./operations";
import { PauseButton } from "./pause-button";
import { canBeOpened, isBeingClosed, isLeaving, isReopening, isRestoring } from "./store-facts";

/** What can be done with a store in its present state. */
export function StoreActions({ store }: { store: StoreDetailsFragment }) {
  const mayChange = useCanChange() && store.status !== "DELETED";
  const canChange = mayChange && !isLeaving(store);
  const [asked, setAsked] = useState<"delete" | "cancel" | null>(null);
  const isOpen = useAreAddressesChecked() === true && canBeOpened(store) && !isBeingClosed(store);
  // To cancel is to delete: of a shop that was open before, that would be its data.
  const canCancel = (store.status === "QUEUED" || store.status === "PROVISIONING") && !isRestoring(store) && !isReopening(store) && !store.readyAt;

  return (
    <>
      {isOpen && (
        <>
          <OutsideLink look="primary" href={store.url}>
            <ExternalLink size={16} aria-hidden /> Open shop
          </OutsideLink>
          {store.adminUrl && (
            <OutsideLink href={store.adminUrl}>
              <Settings size={16} aria-hidden /> Open admin
            </OutsideLink>
          )}
        </>
      )}
      {canChange && canBeOpened(store) && <PauseButton store={store} />}
      {canChange && store.status === "FAILED" && <RetryButton id={store.id} />}
      {mayChange && isLeaving(store) && store.status === "FAILED" && <DeleteAgainButton id={store.id} />}
      {canChange && canCancel && (
        <Button onClick={() => setAsked("cancel")}>
          <CircleStop size={16} aria-hidden /> Cancel
        </Button>
      )}
      {canChange && !canCancel && (
        <Button onClick={() => setAsked("delete")}>
          <Trash2 size={16} aria-hidden /> Delete
        </Button>
      )}
      {asked === "delete" && <DeleteDialog store={store} onClose={() => setAsked(null)} />}
      {asked === "cancel" && <CancelDialog store={store} onClose={() => setAsked(null)} />}
    </>
  );
}

/** What is being deleted was asked for already: to have it tried at once needs no second thought. */
function DeleteAgainButton({ id }: { id: string }) {
  const [result, deleteStore] = useMutation(DELETE_STORE);
  return (
    <>
      <Button disabled={result.fetching} onClick={() => deleteStore({ input: { id } })}>
        <Trash2 size={16} aria-hidden /> Delete again
      </Button>
      <Refusal title="It was not tried again" message={refusalOf(result, (data) => data.deleteStore)} />
    </>
  );
}

function RetryButton({ id }: { id: string }) {
  const [result, retry] = useMutation(RETRY_STORE);
  return (
    <>
      <Button look="primary" disabled={result.fetching} onClick={() => retry({ input: { id } })}>
        <RotateCw size={16} aria-hidden /> Try again
      </Button>
      <Refusal title="It was not tried again" message={refusalOf(result, (data) => data.retryStore)} />
    </>
  );
}
