import { graphql } from "@/gql";
import type { Role, ViewerQuery } from "@/gql/graphql";
import { type LiveQuery, useLiveQuery } from "./graphql/use-live-query";

const VIEWER = graphql(`
  query Viewer {
    viewer {
      name
      source
      displayName
      role
      tokensEndBy
      quota {
        storesUsed
        storesLimit
        storesLeft
      }
    }
    platform {
      countsSuspendedStores
    }
  }
`);

/** Who is signed in, and what they may do. */
export function useViewer(): LiveQuery<ViewerQuery> {
  return useLiveQuery({ query: VIEWER, variables: {}, requestPolicy: "cache-first" });
}

/** Whether the person may create stores and change them; until it is known, no. */
export function useCanChange(): boolean {
  const { data } = useViewer();
  return data !== undefined && data.viewer.role !== "VIEWER";
}

export function useIsAdmin(): boolean {
  return useViewer().data?.viewer.role === "ADMIN";
}

const ROLES: Role[] = ["VIEWER", "OPERATOR", "ADMIN"];

/** Whether the person may do everything that this role may; until it is known, no. */
export function useIncludesRole(role: Role): boolean {
  const own = useViewer().data?.viewer.role;
  return own !== undefined && ROLES.indexOf(role) <= ROLES.indexOf(own);
}
