import { Client, type CombinedError, fetchExchange, mapExchange, subscriptionExchange } from "urql";
import type { SubscribePayload } from "graphql-ws";
import { authorization, currentToken, expireToken } from "@/lib/session";
import { fetchDated } from "@/lib/server-clock";
import { newCache } from "./cache";
import { subscribeResuming } from "./resuming";
import { createSocket, type Socket } from "./socket";

export interface Platform {
  client: Client;
  socket: Socket;
}

/** The API as one signed-in person sees it; a new one is made for each sign-in, with an empty cache. */
export function connectToPlatform(): Platform {
  const credentials = () => authorization(currentToken());
  const socket = createSocket({
    url: `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/graphql`,
    credentials,
  });
  const client: Client = new Client({
    url: "/graphql",
    preferGetMethod: false,
    fetch: fetchDated,
    fetchOptions: () => ({ headers: credentials() }),
    exchanges: [
      newCache(),
      mapExchange({
        onError: (error) => {
          if (hasCode(error, "UNAUTHENTICATED")) expireToken();
        },
      }),
      fetchExchange,
      subscriptionExchange({
        forwardSubscription: (request) => ({
          subscribe: (sink) => ({
            unsubscribe: subscribeResuming(socket.client, request as SubscribePayload, sink),
          }),
        }),
      }),
    ],
  });
  return { client, socket };
}

/** Whether an answer's errors have one with this code. */
export function hasCode(error: CombinedError | undefined, code: string): boolean {
  return error?.graphQLErrors.some((item) => item.extensions.code === code) ?? false;
}

/** What to tell a person about a request that went wrong. */
export function messageOf(error: CombinedError): string {
  const [first] = error.graphQLErrors;
  if (first) return first.message;
  return "The platform did not answer. It may be restarting, or you may be offline.";
}
