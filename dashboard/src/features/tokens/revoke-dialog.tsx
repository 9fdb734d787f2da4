import { useMutation } from "urql";
import { Button } from "@/components/button";
import { Dialog } from "@/components/dialog";
import { DialogActions, DialogForm } from "@/components/dialog-form";
import { Refusal } from "@/components/refusal";
import type { TokenFragment } from "@/gql/graphql";
import { refusalOf } from "@/lib/graphql/refusal-of";
import { ownerLabel } from "@/lib/owners";
import { REVOKE_TOKEN } from "./operations";

interface RevokeDialogProps {
  token: TokenFragment;
  onClose: () => void;
}

/** Makes sure that a token is to be revoked. */
export function RevokeDialog({ token, onClose }: RevokeDialogProps) {
  const [result, revoke] = useMutation(REVOKE_TOKEN);

  async function submit() {
    if (!refusalOf(await revoke({ input: { id: token.id } }), (data) => data.revokeToken)) onClose();
  }

  return (
    <Dialog title="Revoke this token?" onClose={onClose}>
      <DialogForm onSubmit={submit}>
        <p>
          <strong>{token.description ?? `A token of ${ownerLabel(token)}`}</strong> signs nobody in any more, nor do the
          tokens that were made with it, and what is open with them is closed within seconds. This cannot be taken back.
        </p>
        <Refusal title="It was not revoked" message={refusalOf(result, (data) => data.revokeToken)} />
        <DialogActions>
          <Button onClick={onClose}>Keep it</Button>
          <Button type="submit" look="danger" disabled={result.fetching}>
            {result.fetching ? "Revoking …" : "Revoke"}
          </Button>
        </DialogActions>
      </DialogForm>
    </Dialog>
  );
}
