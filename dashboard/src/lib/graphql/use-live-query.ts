import { useEffect, useRef } from "react";
import { type AnyVariables, type CombinedError, useQuery, type UseQueryArgs } from "urql";
import { useConnection } from "./provider";

export interface LiveQuery<Data> {
  data: Data | undefined;
  /** Why there is no data, or why it may be old. */
  error: CombinedError | undefined;
  /** Whether changes do not arrive at the moment. */
  isStale: boolean;
  retry: () => void;
}

/** A query whose answer is kept up to date by the streams, and asked for anew after a reconnect. */
export function useLiveQuery<Data, Variables extends AnyVariables>(
  options: UseQueryArgs<Variables, Data>,
): LiveQuery<Data> {
  const connection = useConnection();
  const [result, execute] = useQuery<Data, Variables>({ requestPolicy: "cache-and-network", ...options });
  const wasLost = useRef(false);

  useEffect(() => {
    if (connection === "lost") wasLost.current = true;
    if (connection === "live" && wasLost.current) {
      wasLost.current = false;
      execute({ requestPolicy: "network-only" });
    }
  }, [connection, execute]);

  return {
    // An answer without data (null) is none.
    data: result.data ?? undefined,
    error: result.error,
    isStale: connection === "lost",
    retry: () => execute({ requestPolicy: "network-only" }),
  };
}
