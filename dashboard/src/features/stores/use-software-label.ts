import { useQuery } from "urql";
import type { StoreSummaryFragment } from "@/gql/graphql";
import { ENGINES } from "./operations";

/** How to name a store's shop software and its version: "WooCommerce 7.1". */
export function useSoftwareLabel(): (store: Pick<StoreSummaryFragment, "engine" | "engineVersion">) => string {
  const [{ data }] = useQuery({ query: ENGINES, variables: {} });
  return ({ engine, engineVersion }) => {
    const known = data?.engines.find(({ name }) => name === engine);
    return `${known?.displayName ?? engine} ${engineVersion}`;
  };
}
