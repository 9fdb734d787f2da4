import "graphiql/style.css";
import "./page.css";
import { createGraphiQLFetcher } from "@graphiql/toolkit";
import { GraphiQL } from "graphiql";
import { createClient } from "graphql-ws";
import { type SubmitEvent, useEffect, useMemo, useState, useSyncExternalStore } from "react";
import { createRoot } from "react-dom/client";
import { examples } from "./examples";
import { answerOtherTabs, SOMEBODY } from "@/lib/other-tabs";
import { authorization, currentToken, onTokenChange, followReturns, setToken } from "@/lib/session";
import { forgetAll } from "@/lib/storage";
import { acceptLink, currentLink, declineLink, followLinks, onLinkChange } from "@/lib/sign-in-link";

function newClient(token: string, onState: (state: string) => void) {
  return createClient({
    url: `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/graphql`,
    connectionParams: authorization(token),
    lazy: true,
    retryAttempts: Infinity,
    keepAlive: 12_000,
    // 4403: the token is not accepted. Trying again with it would end the same way.
    shouldRetry: (event) => !(event instanceof CloseEvent && event.code === 4403),
    on: {
      connecting: () => onState("connecting …"),
      connected: () => onState("live"),
      closed: (event) =>
        onState(
          event instanceof CloseEvent && event.code === 4403
            ? "the token was not accepted: sign in again"
            : "not connected",
        ),
    },
  });
}

function Page() {
  const token = useSyncExternalStore(onTokenChange, currentToken);
  const [state, setState] = useState("not connected");
  const client = useMemo(() => newClient(token, setState), [token]);
  useEffect(() => () => void client.dispose(), [client]);
  const fetcher = useMemo(
    () =>
      createGraphiQLFetcher({
        url: "/graphql",
        headers: authorization(token),
        wsClient: client,
      }),
    [token, client],
  );

  function signIn(event: SubmitEvent<HTMLFormElement>) {
    event.preventDefault();
    const entry = new FormData(event.currentTarget).get("token");
    const given = typeof entry === "string" ? entry.trim() : "";
    setToken(given);
    setState("not connected");
  }

  return (
    <>
      <form className="sign-in" onSubmit={signIn}>
        <strong>store-platform</strong>
        {token ? (
          <>
            <span>Signed in. Subscriptions: <output>{state}</output></span>
            <input type="hidden" name="token" value="" />
            <button type="submit">Sign out</button>
          </>
        ) : (
          <>
            <label>
              Access token <input type="password" name="token" autoComplete="off" required />
            </label>
            <button type="submit">Sign in</button>
            <span>`make up` prints one; more: python -m app token create NAME</span>
          </>
        )}
      </form>
      <Link />
      <main>
        <GraphiQL key={token} fetcher={fetcher} defaultTabs={examples} />
      </main>
    </>
  );
}

/** What became of the link that the page was opened with, where there is something to say or ask. */
function Link() {
  const link = useSyncExternalStore(onLinkChange, currentLink);
  if (link.state === "asking") {
    return (
      <div className="sign-in" role="alert">
        <span>
          The link that you opened is {link.name}’s; you are signed in as {link.present}
          {!link.isHere && " in another tab"}.
        </span>
        <button onClick={declineLink}>{link.isHere ? `Stay ${link.present}` : "Do not sign in"}</button>
        <button onClick={acceptLink}>Sign in as {link.name}</button>
      </div>
    );
  }
  if (link.state !== "refused") return null;
  return (
    <div className="sign-in" role="alert">
      <span>The link did not sign you in. {link.message}</span>
      <button onClick={declineLink}>Close</button>
    </div>
  );
}

followReturns();
followLinks();
answerOtherTabs(() => (currentToken() ? SOMEBODY : ""));
const element = document.getElementById("root");
if (element) draw(element);

/** Draw the page; where GraphiQL breaks on what it kept of an earlier visit, once more without that. */
function draw(within: HTMLElement, isAgain = false): void {
  const root = createRoot(within, {
    onUncaughtError: (error) => {
      if (isAgain) throw error;
      queueMicrotask(() => {
        root.unmount();
        forgetAll("localStorage", "graphiql:");
        draw(within, true);
      });
    },
  });
  root.render(<Page />);
}
