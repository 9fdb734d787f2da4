import { useEffect, useRef, useState } from "react";
import { ButtonLink } from "@/components/button";
import { Notice } from "@/components/notice";
import { readConfig } from "@/lib/config";
import { openSignedIn } from "@/lib/session";
import { wordsOf } from "@/lib/words";
import type { SignedIn } from "./oidc";
import { SigningIn } from "./signing-in";
import styles from "./sign-in-page.module.css";

/** Where the provider sends the browser back to: completes the sign-in and goes on. */
export function OidcReturn() {
  const hasBegun = useRef(false);
  const [problem, setProblem] = useState<string>();

  useEffect(() => {
    // The provider's code is good for one use; React runs effects twice in development.
    if (hasBegun.current) return;
    hasBegun.current = true;
    complete().then(
      ({ token, path }) => openSignedIn(token, path),
      (error: unknown) => setProblem(wordsOf(error)),
    );
  }, []);

  if (!problem) return <SigningIn />;
  return (
    <main className={styles.page}>
      <h1 className="visually-hidden">Signing in</h1>
      <Notice tone="failed" title="The sign-in did not succeed" isAlert actions={<ButtonLink to="/stores">Try again</ButtonLink>}>
        <p>{problem}</p>
      </Notice>
    </main>
  );
}

async function complete(): Promise<SignedIn> {
  const { oidc } = await readConfig();
  if (!oidc) throw new Error("This platform offers no sign-in with a provider.");
  const { completeSignIn } = await import("./oidc");
  return completeSignIn(oidc);
}
