import { type Cache, cacheExchange, type Entity } from "@urql/exchange-graphcache";
import type { EventKind, OperationKind, OperationStatus, StoreStatus } from "@/gql/graphql";

/** Types that are part of their parent, and are kept with it. */
const EMBEDDED = [
  "AccessTokenConnection",
  "AccessTokenEdge",
  "AuditEntryConnection",
  "AuditEntryEdge",
  "BackupCheck",
  "BackupConnection",
  "BackupCount",
  "BackupEdge",
  "BackupPolicy",
  "BackupRetention",
  "Container",
  "Diagnostics",
  "Engine",
  "EngineResources",
  "EngineVersion",
  "OperationConnection",
  "OperationEdge",
  "PageInfo",
  "Plan",
  "PlanChange",
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
  "StoreOffer",
  "StoreQuota",
  "StoreUpdate",
  "StoresChange",
  "TransferOffer",
  "UserError",
  "Viewer",
];

interface StoreStatusFrame {
  storeStatus: { store: KnownStore; events?: { kind: EventKind }[] };
}

interface KnownStore {
  id: string;
  status: StoreStatus;
  operation: KnownOperation | null;
}

interface KnownOperation {
  number: number;
  kind: OperationKind;
  status: OperationStatus;
}

interface StoresChangedFrame {
  storesChanged: { stores: { id: string; status: StoreStatus }[]; goneStoreIds?: string[] };
}

/**
 * The normalized cache: a store that changed, by whichever answer or frame, changes on every screen.
 * Lists are asked for anew when a store may have entered or left one: at the first frame of the
 * stream of all stores, since that is when the list must be as of, and when a status is news. A
 * store's history is asked for anew when an operation is news, and its backups, with the one that leads back to the
 * version before, when one may have been made too, or is checked.
 */
export function newCache() {
  const statuses = new Map<string, StoreStatus>();
  const followed = new Map<string, KnownStore>();
  return cacheExchange({
    keys: Object.fromEntries(EMBEDDED.map((name) => [name, () => null])),
    updates: {
      Subscription: {
        storeStatus: (result, _arguments, cache) => {
          const { store, events = [] } = (result as unknown as StoreStatusFrame).storeStatus;
          const { id, status, operation } = store;
          const isChecked = events.some(({ kind }) => kind === "CHECK");
          const before = followed.get(id);
          const isAnother = before?.operation?.number !== operation?.number;
          if (isAnother) forget(cache, { __typename: "Store", id }, "operations");
          if (isChecked || isAnother || isBackupMade(before, store)) forget(cache, { __typename: "Store", id }, "backups", "wayBack");
          followed.set(id, { id, status, operation });
        },
        storesChanged: (result, _arguments, cache) => {
          const { stores, goneStoreIds = [] } = (result as unknown as StoresChangedFrame).storesChanged;
          for (const id of goneStoreIds) {
            statuses.delete(id);
            // What is known of it is not the person's to see any more.
            cache.invalidate({ __typename: "Store", id });
          }
          const isNews = stores.some(({ id, status }) => statuses.get(id) !== status);
          const isCounted = stores.some(({ id, status }) => mayCount(statuses.get(id), status));
          for (const { id, status } of stores) statuses.set(id, status);
          if (isNews || goneStoreIds.length > 0 || stores.length === 0) {
            forget(cache, "Query", "stores");
            cache.invalidate("Query.platform", "storesByStatus");
          }
          if (isCounted || goneStoreIds.length > 0) forget(cache, "Query", "viewer");
        },
      },
      Mutation: {
        acceptTransfer: (_result, _arguments, cache) => forget(cache, "Query", "stores", "viewer", "offeredStores"),
        declineTransfer: (_result, _arguments, cache) => forget(cache, "Query", "offeredStores"),
        createStore: (_result, _arguments, cache) => forget(cache, "Query", "stores", "viewer"),
        createToken: (_result, _arguments, cache) => forget(cache, "Query", "tokens"),
        revokeToken: (_result, _arguments, cache) => forget(cache, "Query", "tokens"),
      },
    },
  });
}

/** Whether a store may have begun or ceased to count against the quota; what counts of those that are paused is the operator's choice. */
function mayCount(before: StoreStatus | undefined, now: StoreStatus): boolean {
  return before === undefined || now === "DELETED" || (before !== now && (before === "SUSPENDED" || now === "SUSPENDED"));
}

/** Whether the work on a store has just made a backup of it: a restore and an upgrade go on afterwards, with another status of the store. */
function isBackupMade(before: KnownStore | undefined, { status, operation }: KnownStore): boolean {
  if (operation?.kind === "RESTORE" || operation?.kind === "UPGRADE") return before?.status !== status;
  return operation?.kind === "BACKUP" && operation.status === "SUCCEEDED" && before?.operation?.status !== operation.status;
}

function forget(cache: Cache, owner: Entity, ...fields: string[]) {
  for (const { fieldName, arguments: given } of cache.inspectFields(owner)) {
    if (fields.includes(fieldName)) cache.invalidate(owner, fieldName, given);
  }
}
