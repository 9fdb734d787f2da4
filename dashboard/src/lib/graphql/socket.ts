import { type Client, CloseCode, createClient } from "graphql-ws";

/**
 * How the page is connected: `connecting` at first, `live`, `lost` while it tries again, `refused`
 * when the server does not accept who we are.
 */
export type ConnectionState = "connecting" | "live" | "lost" | "refused";

export interface Socket {
  client: Client;
  state: () => ConnectionState;
  /** Be told of every new state. Returns how to stop. */
  onState: (listener: () => void) => () => void;
  /** Check the connection, or try again, at once: after a sleep, or when the tab is looked at. */
  wake: () => void;
  dispose: () => void;
}

export interface SocketOptions {
  url: string;
  /** The payload of `connection_init`, read anew for each connection. */
  credentials: () => Record<string, string>;
}

const PING_EVERY = 10_000;
const PONG_WITHIN = 4_000;
/** Somebody looks at the page, so what may be dead is not waited for as long. */
const PONG_WITHIN_ON_WAKING = 1_500;
const FIRST_WAIT = 300;
const LONGEST_WAIT = 10_000;

/**
 * A websocket that never gives up: it tries again with a growing wait, and takes a connection on
 * which no pong comes back for dead. A refusal (4403) is the one thing it does not try again.
 */
export function createSocket({ url, credentials }: SocketOptions): Socket {
  const listeners = new Set<() => void>();
  let state: ConnectionState = "connecting";
  let socket: WebSocket | null = null;
  let missingPong: ReturnType<typeof setTimeout> | undefined;
  let skipWait: () => void = () => undefined;

  function become(next: ConnectionState) {
    if (next === state) return;
    state = next;
    for (const listener of listeners) listener();
  }

  function expectPong(within: number) {
    clearTimeout(missingPong);
    missingPong = setTimeout(() => client.terminate(), within);
  }

  const client = createClient({
    url,
    connectionParams: credentials,
    lazy: false,
    onNonLazyError: () => undefined,
    keepAlive: PING_EVERY,
    connectionAckWaitTimeout: PONG_WITHIN,
    retryAttempts: Infinity,
    shouldRetry: (problem) => !isRefusal(problem),
    retryWait: async (retries) => {
      const longest = Math.min(LONGEST_WAIT, FIRST_WAIT * 2 ** Math.min(retries, 10));
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, longest * (0.5 + Math.random() / 2));
        skipWait = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    },
    on: {
      opened: (opened) => {
        socket = opened as WebSocket;
      },
      connected: () => become("live"),
      ping: (received) => {
        if (!received) expectPong(PONG_WITHIN);
      },
      pong: (received) => {
        if (received) clearTimeout(missingPong);
      },
      closed: (event) => {
        clearTimeout(missingPong);
        socket = null;
        become(isRefusal(event) ? "refused" : "lost");
      },
    },
  });

  return {
    client,
    state: () => state,
    onState: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    wake: () => {
      skipWait();
      if (state !== "live") return;
      // A browser that brings a page back may have closed its connection without telling it.
      if (socket?.readyState !== WebSocket.OPEN) client.terminate();
      else {
        socket.send('{"type":"ping"}');
        expectPong(PONG_WITHIN_ON_WAKING);
      }
    },
    dispose: () => {
      clearTimeout(missingPong);
      listeners.clear();
      void client.dispose();
    },
  };
}

function isRefusal(problem: unknown): boolean {
  return problem instanceof CloseEvent && problem.code === (CloseCode.Forbidden as number);
}
