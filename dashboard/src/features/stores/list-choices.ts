import { useCallback, useMemo } from "react";
import { useSearchParams } from "react-router";
import type { StoreOrderInput, StoresQueryVariables, StoreStatus } from "@/gql/graphql";

export const PAGE_SIZE = 50;

export const STATUSES: StoreStatus[] = ["QUEUED", "PROVISIONING", "UPDATING", "READY", "DEGRADED", "FAILED", "SUSPENDED", "DELETING", "DELETED"];

export const ORDERS = {
  newest: { label: "Newest first", field: "CREATED_AT", direction: "DESC" },
  oldest: { label: "Oldest first", field: "CREATED_AT", direction: "ASC" },
  name: { label: "Name, A to Z", field: "NAME", direction: "ASC" },
  "name-down": { label: "Name, Z to A", field: "NAME", direction: "DESC" },
} satisfies Record<string, StoreOrderInput & { label: string }>;

export type OrderName = keyof typeof ORDERS;

export interface ListChoices {
  search: string;
  owner: string;
  statuses: StoreStatus[];
  engine: string;
  order: OrderName;
  after: string | null;
}

function isOrder(text: string | null): text is OrderName {
  return text !== null && text in ORDERS;
}

export function readChoices(params: URLSearchParams): ListChoices {
  const order = params.get("sort");
  const wanted = params.get("status")?.split(",") ?? [];
  return {
    search: params.get("search") ?? "",
    owner: params.get("owner") ?? "",
    statuses: STATUSES.filter((status) => wanted.includes(status.toLowerCase())),
    engine: params.get("engine") ?? "",
    order: isOrder(order) ? order : "newest",
    after: params.get("after"),
  };
}

/** The address of a list, with what differs from the plain one. */
export function writeChoices(choices: ListChoices): URLSearchParams {
  const params = new URLSearchParams();
  if (choices.search) params.set("search", choices.search);
  if (choices.owner) params.set("owner", choices.owner);
  if (choices.statuses.length > 0) params.set("status", choices.statuses.join(",").toLowerCase());
  if (choices.engine) params.set("engine", choices.engine);
  if (choices.order !== "newest") params.set("sort", choices.order);
  if (choices.after) params.set("after", choices.after);
  return params;
}

export function variablesOf({ search, owner, statuses, engine, order, after }: ListChoices): StoresQueryVariables {
  const { field, direction } = ORDERS[order];
  return {
    first: PAGE_SIZE,
    after,
    filter: {
      statuses: statuses.length > 0 ? statuses : null,
      engine: engine || null,
      nameContains: search || null,
      ownerContains: owner || null,
    },
    orderBy: { field, direction },
  };
}

/** What the list shows; it lives in the address, so that links and the back button work. */
export function useListChoices() {
  const [params, setParams] = useSearchParams();
  const choices = useMemo(() => readChoices(params), [params]);
  const change = useCallback(
    (changed: Partial<ListChoices>) =>
      setParams((now) => writeChoices({ ...readChoices(now), after: null, ...changed }), { replace: true }),
    [setParams],
  );
  const isFiltered = choices.search !== "" || choices.owner !== "" || choices.statuses.length > 0 || choices.engine !== "";
  return { choices, change, isFiltered };
}
