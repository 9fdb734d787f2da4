import { useState } from "react";
import { useMutation } from "urql";
import { Button } from "@/components/button";
import { Dialog } from "@/components/dialog";
import { Notice } from "@/components/notice";
import type { StoreSummaryFragment } from "@/gql/graphql";
import { messageOf } from "@/lib/graphql/client";
import styles from "./dialog-form.module.css";
import { CANCEL_STORE } from "./operations";

interface CancelDialogProps {
  store: Pick<StoreSummaryFragment, "id" | "name">;
  onClose: () => void;
}

/** Makes sure that a store is to be given up while it is being built. */
export function CancelDialog({ store, onClose }: CancelDialogProps) {
  const [{ fetching }, cancelStore] = useMutation(CANCEL_STORE);
  const [refusal, setRefusal] = useState<string>();

  async function giveUp() {
    const { data, error } = await cancelStore({ input: { id: store.id } });
    const problem = error ? messageOf(error) : data?.cancelStore.errors[0]?.message;
    if (problem) setRefusal(problem);
    else onClose();
  }

  return (
    <Dialog title={`Give up ${store.name}?`} onClose={onClose}>
      <div className={styles.form}>
        <p>The work on it stops, and what was made so far is removed. The name is free again afterwards.</p>
        {refusal && (
          <Notice tone="failed" title="It was not cancelled" isAlert>
            <p>{refusal}</p>
          </Notice>
        )}
        <div className={styles.actions}>
          <Button onClick={onClose}>Go on building</Button>
          <Button look="danger" disabled={fetching} onClick={giveUp}>
            {fetching ? "Cancelling …" : "Give it up"}
          </Button>
        </div>
      </div>
    </Dialog>
  );
}
