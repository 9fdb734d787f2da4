import { useState } from "react";
import { useMutation } from "urql";
import { Button } from "@/components/button";
import { Dialog } from "@/components/dialog";
import { DialogActions, DialogForm } from "@/components/dialog-form";
import { Field } from "@/components/field";
import { graphql } from "@/gql";
import type { StoreSummaryFragment } from "@/gql/graphql";
import { announce } from "@/lib/announcer";
import { refusalOf } from "@/lib/graphql/refusal-of";

const RENAME_STORE = graphql(`
  mutation RenameStore($input: RenameStoreInput!) {
    renameStore(input: $input) {
      store {
        ...StoreDetails
      }
      errors {
        code
        message
      }
    }
  }
`);

interface RenameDialogProps {
  store: Pick<StoreSummaryFragment, "id" | "name" | "title">;
  onClose: () => void;
}

/** Asks what the shop is to be called, and says what stays as it is. */
export function RenameDialog({ store, onClose }: RenameDialogProps) {
  const [{ fetching }, rename] = useMutation(RENAME_STORE);
  const [title, setTitle] = useState(store.title);
  const [problem, setProblem] = useState<string>();

  async function submit() {
    const refusal = refusalOf(await rename({ input: { id: store.id, title } }), (data) => data.renameStore);
    if (refusal) {
      setProblem(refusal);
      return;
    }
    announce(`The shop is called ${title.trim()} now.`);
    onClose();
  }

  return (
    <Dialog title={`Rename ${store.title}?`} onClose={onClose}>
      <DialogForm onSubmit={submit}>
        <p>This is what it is called here, and what visitors are told while the shop is closed.</p>
        <p>Its address stays. On its own pages and in its mails the shop is called what it was: change that in the settings of its admin.</p>
        <Field label="What it is called" hint={`Up to 80 characters. ${store.name} takes the title back.`} error={problem}>
          {(control) => (
            <input
              {...control}
              value={title}
              autoFocus
              autoComplete="off"
              onChange={(event) => {
                setTitle(event.target.value);
                setProblem(undefined);
              }}
            />
          )}
        </Field>
        <DialogActions>
          <Button onClick={onClose}>Leave it as it is</Button>
          <Button type="submit" look="primary" disabled={fetching}>
            {fetching ? "Renaming …" : "Rename"}
          </Button>
        </DialogActions>
      </DialogForm>
    </Dialog>
  );
}
