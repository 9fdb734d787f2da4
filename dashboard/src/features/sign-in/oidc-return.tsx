import { useEffect, useRef, useState } from "react";
import { useNavigate } from "react-router";
import { ButtonLink } from "@/components/button";
import { Notice } from "@/components/notice";
import { readConfig } from "@/lib/config";
import { useTitle } from "@/lib/use-title";
import styles from "./sign-in-page.module.css";

/** Where the provider sends the browser back to: completes the sign-in and goes on. */
export function OidcReturn() {
  useTitle("Signing in");
  const navigate = useNavigate();
  const hasBegun = useRef(false);
  const [problem, setProblem] = useState<string>();

  useEffect(() => {
    // The provider's code is good for one use; React runs effects twice in development.
    if (hasBegun.current) return;
    hasBegun.current = true;
    complete().then(
      (path) => navigate(path, { replace: true }),
      (error: unknown) => setProblem(error instanceof Error ? error.message : String(error)),
    );
  }, [navigate]);

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

async function complete(): Promise<string> {
  const { oidc } = await readConfig();
  if (!oidc) throw new Error("This platform offers no sign-in with a provider.");
  const { completeSignIn } = await import("./oidc");
  return completeSignIn(oidc);
}
