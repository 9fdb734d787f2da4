import { KeyRound } from "lucide-react";
import { type SubmitEvent, useEffect, useState } from "react";
import { Button } from "@/components/button";
import { Field } from "@/components/field";
import { Logo } from "@/components/logo";
import { Notice } from "@/components/notice";
import { nameBehind } from "@/lib/ask-api";
import { type OidcConfig, readConfig } from "@/lib/config";
import { setToken, wasExpired } from "@/lib/session";
import { useTitle } from "@/lib/use-title";
import { wordsOf } from "@/lib/words";
import styles from "./sign-in-page.module.css";

/** Where one says who one is; what was asked for is shown right afterwards. */
export function SignInPage() {
  useTitle("Sign in");
  const [oidc, setOidc] = useState<OidcConfig | null>(null);

  useEffect(() => {
    readConfig().then(
      (config) => setOidc(config.oidc),
      () => undefined,
    );
  }, []);

  return (
    <main className={styles.page}>
      <div className={styles.card}>
        <Logo />
        <h1>Sign in</h1>
        {wasExpired() && (
          <Notice tone="warning" title="You were signed out">
            <p>Your token expired or was revoked. Sign in again to go on where you were.</p>
          </Notice>
        )}
        {oidc && <OidcButton config={oidc} />}
        {oidc && <p className={styles.or}>or with an access token</p>}
        <TokenForm />
      </div>
    </main>
  );
}

function OidcButton({ config }: { config: OidcConfig }) {
  const [problem, setProblem] = useState<string>();

  async function begin() {
    try {
      const { beginSignIn } = await import("./oidc");
      await beginSignIn(config);
    } catch (error) {
      setProblem(wordsOf(error));
    }
  }

  return (
    <>
      <Button look="primary" onClick={begin}>
        <KeyRound size={16} aria-hidden /> Sign in with {new URL(config.issuer).host}
      </Button>
      {problem && (
        <Notice tone="failed" title="The sign-in could not begin" isAlert>
          <p>{problem}</p>
        </Notice>
      )}
    </>
  );
}

function TokenForm() {
  const [problem, setProblem] = useState<string>();
  const [isChecking, setChecking] = useState(false);

  async function submit(event: SubmitEvent<HTMLFormElement>) {
    event.preventDefault();
    // A password manager may fill the field in without telling the page.
    const entered = new FormData(event.currentTarget).get("token");
    const token = typeof entered === "string" ? entered.trim() : "";
    if (!token) {
      setProblem("Paste your access token.");
      return;
    }
    setChecking(true);
    const found = await problemOf(token);
    setChecking(false);
    setProblem(found);
    if (!found) setToken(token);
  }

  return (
    <form className={styles.form} onSubmit={submit} noValidate>
      <Field label="Access token" hint="`make up` prints one; an admin can make you another." error={problem}>
        {(control) => (
          <input
            {...control}
            type="password"
            name="token"
            autoComplete="current-password"
            spellCheck={false}
          />
        )}
      </Field>
      <Button type="submit" look="primary" disabled={isChecking}>
        {isChecking ? "Checking …" : "Sign in"}
      </Button>
    </form>
  );
}

async function problemOf(token: string): Promise<string | undefined> {
  try {
    return (await nameBehind(token)) ? undefined : "This token is not accepted. It may be mistyped, expired or revoked.";
  } catch (error) {
    return wordsOf(error);
  }
}
