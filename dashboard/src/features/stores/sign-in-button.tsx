import { LogIn } from "lucide-react";
import { useState } from "react";
import { useMutation } from "urql";
import { Button } from "@/components/button";
import { Refusal } from "@/components/refusal";
import { refusalOf } from "@/lib/graphql/refusal-of";
import { CREATE_SIGN_IN_LINK } from "./operations";

/** The way into the shop's admin without a password: a link that works once, opened in a tab of its own. */
export function SignInButton({ storeId }: { storeId: string }) {
  const [result, create] = useMutation(CREATE_SIGN_IN_LINK);
  const [isBlocked, setBlocked] = useState(false);

  async function signIn() {
    // Opened at once, since browsers block a tab that opens only after an answer.
    const tab = window.open("about:blank", "_blank");
    setBlocked(!tab);
    if (!tab) return;
    tab.opener = null; // the shop gets no hold of this page
    const { data } = await create({ input: { id: storeId } });
    const url = data?.createSignInLink.url;
    if (url) tab.location.replace(url);
    else tab.close();
  }

  return (
    <>
      <Button look="primary" disabled={result.fetching} onClick={() => void signIn()}>
        <LogIn size={16} aria-hidden /> Sign in to your shop
      </Button>
      <Refusal
        title="You were not signed in"
        message={isBlocked ? "Your browser opened no new tab. Allow this page to open one, then try again." : refusalOf(result, (data) => data.createSignInLink)}
      />
    </>
  );
}
