import { useSyncExternalStore } from "react";
import { Button } from "@/components/button";
import { Dialog } from "@/components/dialog";
import { DialogActions, DialogBody } from "@/components/dialog-form";
import { acceptLink, currentLink, declineLink, onLinkChange, type SignInLink } from "@/lib/sign-in-link";

/** The link that this page was opened with, as far as it has signed in. */
export function useSignInLink(): SignInLink {
  return useSyncExternalStore(onLinkChange, currentLink);
}

/** Asks before a link makes somebody else of who is signed in, and tells why a link does not work. */
export function SignInLinkDialog() {
  const link = useSignInLink();
  if (link.state === "asking") return <Question link={link} />;
  if (link.state !== "refused") return null;
  return (
    <Dialog title="The link did not sign you in" onClose={declineLink}>
      <DialogBody>
        <p>{link.message}</p>
        <DialogActions>
          <Button look="primary" onClick={declineLink}>
            Close
          </Button>
        </DialogActions>
      </DialogBody>
    </Dialog>
  );
}

function Question({ link: { name, present, isHere } }: { link: Extract<SignInLink, { state: "asking" }> }) {
  return (
    <Dialog title={`Sign in as ${name}?`} onClose={declineLink}>
      <DialogBody>
        <p>
          {isHere
            ? `The link that you opened is ${name}’s, and you are signed in as ${present}.`
            : `The link that you opened is ${name}’s. In another tab you are signed in as ${present}, and stay so there.`}
        </p>
        <p>{`Go on only if you know where the link comes from: what you do afterwards is done as ${name}.`}</p>
        <DialogActions>
          <Button onClick={declineLink} autoFocus>
            {isHere ? `Stay ${present}` : "Do not sign in"}
          </Button>
          <Button look="primary" onClick={acceptLink}>
            {`Sign in as ${name}`}
          </Button>
        </DialogActions>
      </DialogBody>
    </Dialog>
  );
}
