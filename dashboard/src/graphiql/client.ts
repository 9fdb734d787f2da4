import { createClient } from "graphql-ws";
import { authorization } from "@/lib/session";

/** The connection for subscriptions; `onState` is told in words how it is. */
export function newClient(token: string, onState: (state: string) => void) {
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
