import type { Backup } from "@/features/stores/backup-words";
import type { OperationFactsFragment, ReasonCode, StoreDetailsFragment, StoreSummaryFragment } from "@/gql/graphql";

const SUMMARY: StoreSummaryFragment = {
  id: "store_1",
  name: "candles",
  title: "candles",
  owner: "ada",
  ownerSource: "local",
  ownerName: "ada",
  engine: "woocommerce",
  engineVersion: "7.1",
  isCopy: false,
  status: "READY",
  target: "READY",
  reason: null,
  version: 12,
  url: "http://candles.store.localhost",
  adminUrl: "http://candles.store.localhost/wp-admin/",
  createdAt: "2026-11-24T10:00:00Z",
  updatedAt: "2026-11-24T10:01:00Z",
  readyAt: "2026-11-24T10:01:00Z",
  suspendedAt: null,
  deletedAt: null,
  queuePosition: null,
  operation: anOperation(),
};

export function aStore(given: Partial<StoreSummaryFragment> = {}) {
  return { __typename: "Store" as const, ...SUMMARY, ...given };
}

export function aDetailedStore(given: Partial<StoreDetailsFragment> = {}) {
  return {
    ...aStore(),
    diagnostics: { __typename: "Diagnostics", namespace: "woo-1", release: "woo-1" },
    plan: null,
    nextVersion: null,
    offer: null,
    upgrades: [],
    steps: [],
    pods: [],
    ...given,
  };
}

export function anOperation(given: Partial<OperationFactsFragment> = {}) {
  return {
    __typename: "Operation" as const,
    id: "operation_1_1",
    number: 1,
    kind: "CREATE" as const,
    status: "SUCCEEDED" as const,
    reason: null,
    askedByName: "Ada",
    parameters: null,
    queuedAt: "2026-11-24T10:00:00Z",
    startedAt: "2026-11-24T10:00:01Z",
    finishedAt: "2026-11-24T10:00:22Z",
    ...given,
  };
}

export function aStep(given: Partial<StoreDetailsFragment["steps"][number]> = {}) {
  return {
    __typename: "Step" as const,
    name: "NAMESPACE" as const,
    status: "SUCCEEDED" as const,
    message: null,
    output: null,
    startedAt: "2026-11-24T10:00:00Z",
    finishedAt: "2026-11-24T10:00:02Z",
    ...given,
  };
}

export function aReason(code: ReasonCode, message: string) {
  return { __typename: "Reason" as const, code, message };
}

export function aBackup(given: Partial<Backup> = {}) {
  return {
    __typename: "Backup" as const,
    id: "backup_1_2",
    number: 2,
    madeAt: "2026-11-24T11:00:00Z",
    sizeInBytes: 2_345_678,
    engine: "woocommerce",
    engineVersion: "7.1",
    counts: [{ __typename: "BackupCount" as const, name: "orders", number: 12 }],
    lostByRestore: [] as Backup["lostByRestore"],
    check: { __typename: "BackupCheck" as const, isUnderWay: false, endedAt: null as string | null, fault: null as string | null },
    isPinned: false,
    keptUntil: null,
    ...given,
  };
}

/** A version that a shop can be upgraded to. */
export function aVersion(given: Partial<StoreDetailsFragment["upgrades"][number]> = {}) {
  return { __typename: "EngineVersion" as const, name: "7.2", isDefault: false, whatIsNew: null, ...given };
}

/** How backups are made and kept: all of them, or those of the usual periods. */
export const DAILY = { __typename: "BackupPolicy", intervalHours: 24, isInCluster: true, retention: null };
export const CLEARED = { ...DAILY, retention: { __typename: "BackupRetention", allDays: 2, days: 7, weeks: 4, months: 6, deletedDays: 30 } };

/** The answer to the question for a store's backups. */
export function backupsOf(backups: object[], policy: object | null = DAILY, wayBack: object | null = null) {
  const edges = backups.map((node) => ({ __typename: "BackupEdge", node }));
  return {
    __typename: "Query",
    platform: { __typename: "Platform", backups: policy },
    store: { __typename: "Store", id: "store_1", backups: { __typename: "BackupConnection", edges }, wayBack },
  };
}

/** A page of a connection. */
export function pageOf(typename: string, nodes: object[], hasNextPage = false) {
  return {
    __typename: `${typename}Connection`,
    totalCount: nodes.length,
    pageInfo: { __typename: "PageInfo", hasNextPage, endCursor: hasNextPage ? "cursor" : null },
    edges: nodes.map((node) => ({ __typename: `${typename}Edge`, node })),
  };
}
