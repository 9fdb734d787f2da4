import { useEffect, useReducer, useState } from "react";
import { type CombinedError, useClient } from "urql";
import type { StoreEventsFragment } from "@/gql/graphql";
import { STORE_STATUS } from "./operations";

/** Events that the page begins with, and that it keeps at most. */
const RECENT = 100;
const KEPT = 500;

export type StoreEvent = StoreEventsFragment["events"][number];

/** Add a frame's events, each once and in order. */
export function addEvents(known: StoreEvent[], more: StoreEvent[]): StoreEvent[] {
  const last = known.at(-1)?.version ?? 0;
  const news = more.filter(({ version }) => version > last);
  return news.length === 0 ? known : [...known, ...news].slice(-KEPT);
}

/**
 * Follow a store from its recent past on. The store itself reaches the page through the cache; this
 * returns what happened to it, oldest first, and what keeps the stream from being followed.
 */
export function useStoreStream(id: string, version: number | undefined) {
  const client = useClient();
  const [events, add] = useReducer(addEvents, []);
  const [problem, setProblem] = useState<CombinedError>();
  const [start, setStart] = useState<number>();

  if (start === undefined && version !== undefined) setStart(Math.max(0, version - RECENT));

  useEffect(() => {
    if (start === undefined) return;
    const subscription = client.subscription(STORE_STATUS, { id, after: start }).subscribe((result) => {
      setProblem(result.error);
      if (!result.data) return;
      add(result.data.storeStatus.events);
    });
    return () => subscription.unsubscribe();
  }, [client, id, start]);

  return { events, problem };
}
