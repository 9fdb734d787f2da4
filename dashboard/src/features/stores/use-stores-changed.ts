import { useEffect } from "react";
import { useClient } from "urql";
import { statusWord } from "@/components/status-badge";
import { graphql } from "@/gql";
import type { StoreSummaryFragment, StoreStatus } from "@/gql/graphql";
import { announce } from "@/lib/announcer";

const STORES_CHANGED = graphql(`
  subscription StoresChanged($after: String) {
    storesChanged(after: $after) {
      cursor
      stores {
        ...StoreSummary
      }
      goneStoreIds
    }
  }
`);

/** What a person who cannot look wants to be told at once; the ways between are not. */
const TELLING: StoreStatus[] = ["READY", "DEGRADED", "FAILED", "SUSPENDED", "DELETED"];
const MOST = 3;

/**
 * Follow all stores that the person may see, for as long as they are signed in: the cache takes every
 * change, so that every screen has it.
 */
export function useStoresChanged(): void {
  const client = useClient();
  useEffect(() => {
    const statuses = new Map<string, StoreStatus>();
    const subscription = client.subscription(STORES_CHANGED, { after: null }).subscribe(({ data }) => {
      if (data) announceAll(data.storesChanged.stores, statuses);
    });
    return () => subscription.unsubscribe();
  }, [client]);
}

/** Say which of these stores came to a status that matters; `statuses` is what was known before. */
export function announceAll(stores: StoreSummaryFragment[], statuses: Map<string, StoreStatus>): void {
  const told = stores.filter(({ id, status }) => statuses.get(id) !== status && TELLING.includes(status));
  for (const { id, status } of stores) statuses.set(id, status);
  if (told.length > MOST) announce(`${told.length} stores changed.`);
  else if (told.length > 0) announce(told.map(({ name, status }) => `${name} is now: ${statusWord(status)}.`).join(" "));
}
