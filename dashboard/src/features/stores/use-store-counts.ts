import { useQuery } from "urql";
import type { StoreStatus } from "@/gql/graphql";
import { useIsAdmin } from "@/lib/viewer";
import { STORE_COUNTS } from "./operations";

/**
 * How many stores have each status. The platform counts those of all owners, so that only to admins,
 * who see all of them, the numbers say what their list has.
 */
export function useStoreCounts(): Map<StoreStatus, number> | undefined {
  const isAdmin = useIsAdmin();
  const [{ data }] = useQuery({ query: STORE_COUNTS, variables: {}, pause: !isAdmin });
  return data && new Map(data.platform.storesByStatus.map(({ status, count }) => [status, count]));
}
