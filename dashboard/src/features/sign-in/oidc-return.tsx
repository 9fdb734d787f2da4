import { useEffect, useRef, useState } from "react";
import { ButtonLink } from "@/components/button";
import { Notice } from "@/components/notice";
import { readConfig } from "@/lib/config";
import { openSignedIn } from "@/lib/session";
import { useTitle } from "@/lib/use-title";
import { wordsOf } from "@/lib/words";
import type { SignedIn } from "./oidc";
import styles from "./sign-in-page.module.css";

/** Where the provider sends the browser back to: completes the sign-in and goes on. */
export function OidcReturn() {
  useTitle("Signing in");
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

  return (
    <main className={styles.page}>
      <h1 className="visually-hidden">Signing in</h1>
      {problem ? (
        <Notice tone="failed" title="The sign-in did not succeed" isAlert actions={<ButtonLink to="/stores">Try again</ButtonLink>}>
          <p>{problem}</p>
        </Notice>
      ) : (
        <p>Signing in …</p>
      )}
    </main>
  );
}

async function complete(): Promise<SignedIn> {
  const { oidc } = await readConfig();
  if (!oidc) throw new Error("This platform offers no sign-in with a provider.");
  const { completeSignIn } = await import("./oidc");
  return completeSignIn(oidc);
}
