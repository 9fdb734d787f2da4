import { type Cache, cacheExchange } from "@urql/exchange-graphcache";
import type { StoreStatus } from "@/gql/graphql";

/** Types that are part of their parent, and are kept with it. */
const EMBEDDED = [
  "AccessTokenConnection",
  "AccessTokenEdge",
  "AuditEntryConnection",
  "AuditEntryEdge",
  "Container",
  "Diagnostics",
  "Engine",
  "EngineResources",
  "EngineVersion",
  "PageInfo",
  "Platform",
  "Pod",
  "Reason",
  "StatusCount",
  "Step",
  "StoreConnection",
  "StoreEdge",
  "StoreEvent",
  "StoreEventConnection",
  "StoreEventEdge",
  "StoreQuota",
  "StoreUpdate",
  "StoresChange",
  "UserError",
  "Viewer",
];

interface StoresChangedFrame {
  storesChanged: { stores: { id: string; status: StoreStatus }[] };
}

/**
 * The normalized cache: a store that changed, by whichever answer or frame, changes on every screen.
 * Lists are asked for anew when a store may have entered or left one: at the first frame of the
 * stream of all stores, since that is when the list must be as of, and when a status is news.
 */
export function newCache() {
  const statuses = new Map<string, StoreStatus>();
  return cacheExchange({
    keys: Object.fromEntries(EMBEDDED.map((name) => [name, () => null])),
    updates: {
      Subscription: {
        storesChanged: (result, _arguments, cache) => {
          const { stores } = (result as unknown as StoresChangedFrame).storesChanged;
          const isNews = stores.some(({ id, status }) => statuses.get(id) !== status);
          const isCounted = stores.some(({ id, status }) => !statuses.has(id) || status === "DELETED");
          for (const { id, status } of stores) statuses.set(id, status);
          if (isNews || stores.length === 0) {
            forget(cache, "stores");
            cache.invalidate("Query.platform", "storesByStatus");
          }
          if (isCounted) forget(cache, "viewer");
        },
      },
      Mutation: {
        createStore: (_result, _arguments, cache) => forget(cache, "stores", "viewer"),
        createToken: (_result, _arguments, cache) => forget(cache, "tokens"),
        revokeToken: (_result, _arguments, cache) => forget(cache, "tokens"),
      },
    },
  });
}

function forget(cache: Cache, ...fields: string[]) {
  for (const { fieldName, arguments: given } of cache.inspectFields("Query")) {
    if (fields.includes(fieldName)) cache.invalidate("Query", fieldName, given);
  }
}
