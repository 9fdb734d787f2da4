import { type SubmitEvent, useState } from "react";
import { useMutation } from "urql";
import { Button } from "@/components/button";
import { Dialog } from "@/components/dialog";
import { Field } from "@/components/field";
import type { StoreSummaryFragment } from "@/gql/graphql";
import { messageOf } from "@/lib/graphql/client";
import styles from "./dialog-form.module.css";
import { DELETE_STORE } from "./operations";

interface DeleteDialogProps {
  store: Pick<StoreSummaryFragment, "id" | "name">;
  onClose: () => void;
}

/** Asks for the store's name, since what is deleted is gone. */
export function DeleteDialog({ store, onClose }: DeleteDialogProps) {
  const [{ fetching }, deleteStore] = useMutation(DELETE_STORE);
  const [typed, setTyped] = useState("");
  const [refusal, setRefusal] = useState<string>();

  async function submit(event: SubmitEvent) {
    event.preventDefault();
    if (typed !== store.name) {
      setRefusal(`Type ${store.name}, exactly.`);
      return;
    }
    const { data, error } = await deleteStore({ input: { id: store.id } });
    const problem = error ? messageOf(error) : data?.deleteStore.errors[0]?.message;
    if (problem) setRefusal(problem);
    else onClose();
  }

  return (
    <Dialog title={`Delete ${store.name}?`} onClose={onClose}>
      <form className={styles.form} onSubmit={submit}>
        <p>
          The shop, its products and orders, its files and its passwords are removed. <strong>This cannot be taken back.</strong>
        </p>
        <Field label={`Type “${store.name}” to go on`} error={refusal}>
          {(control) => (
            <input
              {...control}
              value={typed}
              autoFocus
              autoComplete="off"
              autoCapitalize="none"
              spellCheck={false}
              onChange={(event) => {
                setTyped(event.target.value);
                setRefusal(undefined);
              }}
            />
          )}
        </Field>
        <div className={styles.actions}>
          <Button onClick={onClose}>Keep the store</Button>
          <Button type="submit" look="danger" disabled={fetching}>
            {fetching ? "Deleting …" : "Delete for good"}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
