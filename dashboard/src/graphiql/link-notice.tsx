import { useSyncExternalStore } from "react";
import { Button } from "@/components/button";
import { acceptLink, currentLink, declineLink, onLinkChange } from "@/lib/sign-in-link";

/** What became of the link that the page was opened with, where there is something to say or ask. */
export function LinkNotice() {
  const link = useSyncExternalStore(onLinkChange, currentLink);
  if (link.state === "asking") {
    return (
      <div className="link" role="alert">
        <span>
          The link that you opened is {link.name}’s; you are signed in as {link.present}
          {!link.isHere && " in another tab"}.
        </span>
        <Button onClick={declineLink}>{link.isHere ? `Stay ${link.present}` : "Do not sign in"}</Button>
        <Button onClick={acceptLink}>Sign in as {link.name}</Button>
      </div>
    );
  }
  if (link.state !== "refused") return null;
  return (
    <div className="link" role="alert">
      <span>The link did not sign you in. {link.message}</span>
      <Button onClick={declineLink}>Close</Button>
    </div>
  );
}
