import { useQuery } from "urql";
import type { StoreSummaryFragment } from "@/gql/graphql";
import { ENGINES } from "./operations";

/** How to name shop software: "WooCommerce". */
export function useSoftwareName(): (engine: string) => string {
  const [{ data }] = useQuery({ query: ENGINES, variables: {} });
  return (engine) => data?.engines.find(({ name }) => name === engine)?.displayName ?? engine;
}

/** How to name a store's shop software and its version: "WooCommerce 7.1". */
export function useSoftwareLabel(): (store: Pick<StoreSummaryFragment, "engine" | "engineVersion">) => string {
  const nameOf = useSoftwareName();
  return ({ engine, engineVersion }) => `${nameOf(engine)} ${engineVersion}`;
}
