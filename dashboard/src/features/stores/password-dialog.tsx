import { useMutation } from "urql";
import { Button } from "@/components/button";
import { Dialog } from "@/components/dialog";
import { DialogActions, DialogForm } from "@/components/dialog-form";
import { Refusal } from "@/components/refusal";
import type { StoreDetailsFragment } from "@/gql/graphql";
import { refusalOf } from "@/lib/graphql/refusal-of";
import { Credentials } from "./credentials";
import { RESET_PASSWORD } from "./operations";
import { problemOf } from "./reason-words";
import { isPasswordReset } from "./store-facts";

interface PasswordDialogProps {
  store: StoreDetailsFragment;
  onClose: () => void;
}

/** Asks before a shop's administrator gets a new password, and then shows it once. */
export function PasswordDialog({ store, onClose }: PasswordDialogProps) {
  const [result, reset] = useMutation(RESET_PASSWORD);
  const made = result.data?.resetAdminPassword;

  async function submit() {
    await reset({ input: { id: store.id } });
  }

  if (made?.password) {
    return (
      <Dialog title={`The new password for ${store.title}`} onClose={onClose}>
        <p>Keep it in a safe place: this is not shown again.</p>
        <Credentials username={made.username ?? ""} password={made.password} />
        <p role="status">{stateOf(store)}</p>
        <DialogActions>
          <Button look="primary" onClick={onClose} autoFocus>
            I have kept it
          </Button>
        </DialogActions>
      </Dialog>
    );
  }
  return (
    <Dialog title={`Set a new password for ${store.title}?`} onClose={onClose}>
      <DialogForm onSubmit={submit}>
        <p>The shop’s administrator gets a new password, which is shown here once. The one of now ends, and whoever is signed in with it is signed out.</p>
        <p>Shoppers notice nothing, and other accounts of the shop stay as they are.</p>
        <Refusal title="No new password was set" message={refusalOf(result, (data) => data.resetAdminPassword)} />
        <DialogActions>
          <Button onClick={onClose}>Leave it as it is</Button>
          <Button type="submit" look="primary" disabled={result.fetching}>
            {result.fetching ? "Beginning …" : "Set a new password"}
          </Button>
        </DialogActions>
      </DialogForm>
    </Dialog>
  );
}

/** Whether the password that is shown is valid as yet. */
function stateOf(store: StoreDetailsFragment): string {
  const { status, reason } = (isPasswordReset(store) && store.operation) || {};
  if (status === "SUCCEEDED") return "It is valid now.";
  if (status === "FAILED" || status === "CANCELLED") {
    return `${reason ? problemOf(reason.code) : "It was not set."} The password of before stays valid: the shop’s history says more.`;
  }
  return "It is being set in the shop. Until that is done, in a moment, the one of before is valid.";
}
