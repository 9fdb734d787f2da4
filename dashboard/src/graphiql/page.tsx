import { createGraphiQLFetcher } from "@graphiql/toolkit";
import { GraphiQL } from "graphiql";
import { useEffect, useMemo, useState, useSyncExternalStore } from "react";
import { authorization, currentToken, onTokenChange, setToken } from "@/lib/session";
import { useIsDark } from "@/lib/use-is-dark";
import { Bar } from "./bar";
import { newClient } from "./client";
import { examples } from "./examples";
import { LinkNotice } from "./link-notice";

/** GraphiQL, signed in as the dashboard in this tab is. */
export function Page() {
  const token = useSyncExternalStore(onTokenChange, currentToken);
  const isDark = useIsDark();
  const [state, setState] = useState("not connected");
  const client = useMemo(() => newClient(token, setState), [token]);
  useEffect(() => () => void client.dispose(), [client]);
  const fetcher = useMemo(
    () => createGraphiQLFetcher({ url: "/graphql", headers: authorization(token), wsClient: client }),
    [token, client],
  );

  return (
    <>
      <Bar
        isSignedIn={token !== ""}
        state={state}
        onToken={(given) => {
          setToken(given);
          setState("not connected");
        }}
      />
      <LinkNotice />
      <main>
        <GraphiQL key={token} fetcher={fetcher} defaultTabs={examples} forcedTheme={isDark ? "dark" : "light"} />
      </main>
    </>
  );
}
