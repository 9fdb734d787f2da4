import { useState } from "react";
import { useMutation, useQuery } from "urql";
import { Button } from "@/components/button";
import { Dialog } from "@/components/dialog";
import { DialogActions, DialogForm } from "@/components/dialog-form";
import { Field } from "@/components/field";
import type { StoreSummaryFragment } from "@/gql/graphql";
import { refusalOf } from "@/lib/graphql/refusal-of";
import { afterDeletionInWords } from "./backup-words";
import { DELETE_STORE, STORE_BACKUPS } from "./operations";

interface DeleteDialogProps {
  store: Pick<StoreSummaryFragment, "id" | "name" | "title">;
  onClose: () => void;
}

/** Asks for the store's name, since what is deleted is gone. */
export function DeleteDialog({ store, onClose }: DeleteDialogProps) {
  const [{ fetching }, deleteStore] = useMutation(DELETE_STORE);
  // The store's page has asked for it, so that it is known at once.
  const [{ data: known }] = useQuery({ query: STORE_BACKUPS, variables: { id: store.id } });
  const [typed, setTyped] = useState("");
  const [problem, setProblem] = useState<string>();

  const ofBackups = known && afterDeletionInWords(known);

  async function submit() {
    if (typed !== store.name) {
      setProblem(`Type ${store.name}, exactly.`);
      return;
    }
    const refusal = refusalOf(await deleteStore({ input: { id: store.id } }), (data) => data.deleteStore);
    if (refusal) setProblem(refusal);
    else onClose();
  }

  return (
    <Dialog title={`Delete ${store.title}?`} onClose={onClose}>
      <DialogForm onSubmit={submit}>
        <p>
          The shop, its products and orders, its files and its passwords are removed.{" "}
          <strong>This cannot be taken back.</strong>
        </p>
        {ofBackups && <p>{ofBackups}</p>}
        <Field label={`Type “${store.name}” to go on`} error={problem}>
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
                setProblem(undefined);
              }}
            />
          )}
        </Field>
        <DialogActions>
          <Button onClick={onClose}>Keep the store</Button>
          <Button type="submit" look="danger" disabled={fetching}>
            {fetching ? "Deleting …" : "Delete for good"}
          </Button>
        </DialogActions>
      </DialogForm>
    </Dialog>
  );
}
