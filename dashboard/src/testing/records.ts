import type { OperationFactsFragment, ReasonCode, StoreDetailsFragment, StoreSummaryFragment } from "@/gql/graphql";

const SUMMARY: StoreSummaryFragment = {
  id: "store_1",
  name: "candles",
  owner: "ada",
  ownerSource: "local",
  ownerName: "ada",
  engine: "woocommerce",
  engineVersion: "7.1",
  status: "READY",
  target: "READY",
  reason: null,
  version: 12,
  url: "http://candles.store.localhost",
  adminUrl: "http://candles.store.localhost/wp-admin/",
  createdAt: "2026-11-24T10:00:00Z",
  updatedAt: "2026-11-24T10:01:00Z",
  readyAt: "2026-11-24T10:01:00Z",
  deletedAt: null,
  queuePosition: null,
};

export function aStore(given: Partial<StoreSummaryFragment> = {}) {
  return { __typename: "Store" as const, ...SUMMARY, ...given };
}

export function aDetailedStore(given: Partial<StoreDetailsFragment> = {}) {
  return {
    ...aStore(),
    diagnostics: { __typename: "Diagnostics", namespace: "woo-1", release: "woo-1" },
    operation: anOperation(),
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
    askedByName: "Ada",
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

/** A page of a connection. */
export function pageOf(typename: string, nodes: object[], hasNextPage = false) {
  return {
    __typename: `${typename}Connection`,
    totalCount: nodes.length,
    pageInfo: { __typename: "PageInfo", hasNextPage, endCursor: hasNextPage ? "cursor" : null },
    edges: nodes.map((node) => ({ __typename: `${typename}Edge`, node })),
  };
}
