import { useState } from "react";
import { useMutation } from "urql";
import { Button } from "@/components/button";
import { Dialog } from "@/components/dialog";
import { DialogActions, DialogForm } from "@/components/dialog-form";
import { Field } from "@/components/field";
import { Refusal } from "@/components/refusal";
import type { StoreSummaryFragment } from "@/gql/graphql";
import { announce } from "@/lib/announcer";
import { refusalOf } from "@/lib/graphql/refusal-of";
import { TRANSFER_STORE } from "./transfer-operations";
import { inWords } from "./transfer-words";

interface TransferDialogProps {
  store: Pick<StoreSummaryFragment, "id" | "title">;
  onClose: () => void;
}

/** Says what it means to give a shop away, and offers it to somebody. */
export function TransferDialog({ store, onClose }: TransferDialogProps) {
  const [result, transfer] = useMutation(TRANSFER_STORE);
  const [to, setTo] = useState("");
  const [problem, setProblem] = useState<string>();
  const ofName = result.data?.transferStore.errors.find(({ field }) => field === "to")?.message;

  async function submit() {
    if (!to.trim()) {
      setProblem("Say who is to have it.");
      return;
    }
    if (refusalOf(await transfer({ input: { id: store.id, to: to.trim() } }), (data) => inWords(data.transferStore))) return;
    announce(`${store.title} is offered to ${to.trim()}.`);
    onClose();
  }

  return (
    <Dialog title={`Give ${store.title} to somebody else?`} onClose={onClose}>
      <DialogForm onSubmit={submit}>
        <p>They see the offer in their list of shops, and have seven days to accept it. You can withdraw it until then.</p>
        <p>
          Once they accept, they have the shop with its history, its backups and its copies.{" "}
          <strong>You do not see it any more, and cannot take it back.</strong>
        </p>
        <Field
          label="Who is to have it"
          hint="Their unique name on this platform, which their account menu shows, or the e-mail address that they sign in with. For their privacy you are not told whether there is such a person: ask them."
          error={problem ?? ofName}
        >
          {(control) => (
            <input
              {...control}
              value={to}
              autoFocus
              autoComplete="off"
              autoCapitalize="none"
              spellCheck={false}
              onChange={(event) => {
                setTo(event.target.value);
                setProblem(undefined);
              }}
            />
          )}
        </Field>
        <Refusal title="The shop was not offered" message={ofName ? undefined : refusalOf(result, (data) => inWords(data.transferStore))} />
        <DialogActions>
          <Button onClick={onClose}>Keep the shop</Button>
          <Button type="submit" look="primary" disabled={result.fetching}>
            {result.fetching ? "Offering …" : "Offer it"}
          </Button>
        </DialogActions>
      </DialogForm>
    </Dialog>
  );
}
