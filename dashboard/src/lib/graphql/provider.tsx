import { createContext, type ReactNode, useContext, useEffect, useSyncExternalStore } from "react";
import { Provider } from "urql";
import type { Platform } from "./client";
import type { ConnectionState, Socket } from "./socket";

type Connection = Pick<Socket, "state" | "onState">;

const ALWAYS_LIVE: Connection = { state: () => "live", onState: () => () => undefined };

export const ConnectionContext = createContext<Connection>(ALWAYS_LIVE);

interface PlatformProviderProps {
  platform: Platform;
  children: ReactNode;
}

/** Gives what is inside the API, and looks to the connection whenever the page is looked at again. */
export function PlatformProvider({ platform: { client, socket }, children }: PlatformProviderProps) {
  useEffect(() => {
    const wake = () => socket.wake();
    document.addEventListener("visibilitychange", wake);
    document.addEventListener("resume", wake); // a frozen tab that runs again
    addEventListener("online", wake);
    addEventListener("offline", wake); // says at once that nothing arrives any more
    addEventListener("pageshow", wake);
    return () => {
      document.removeEventListener("visibilitychange", wake);
      document.removeEventListener("resume", wake);
      removeEventListener("online", wake);
      removeEventListener("offline", wake);
      removeEventListener("pageshow", wake);
    };
  }, [socket]);

  return (
    <Provider value={client}>
      <ConnectionContext value={socket}>{children}</ConnectionContext>
    </Provider>
  );
}

/** How the page is connected now. */
export function useConnection(): ConnectionState {
  const connection = useContext(ConnectionContext);
  return useSyncExternalStore(connection.onState, connection.state);
}
