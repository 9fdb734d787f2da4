import { BackLink } from "@/components/back-link";
import { Loaded } from "@/components/loaded";
import { LookOnly } from "@/components/look-only";
import { Page } from "@/components/page";
import { Skeleton } from "@/components/skeleton";
import { useLiveQuery } from "@/lib/graphql/use-live-query";
import { useViewer } from "@/lib/viewer";
import { CreateStoreForm } from "./create-store-form";
import { ENGINES } from "./operations";

const SKELETON = <Skeleton rows={4} height="4.5rem" />;

/** Where a store is asked for. */
export function CreateStorePage() {
  const viewer = useViewer();
  const engines = useLiveQuery({ query: ENGINES, variables: {} });
  const isRoleKnown = viewer.data !== undefined || viewer.error !== undefined;

  return (
    <Page
      title="New store"
      width="narrow"
      above={<BackLink to="/stores">Stores</BackLink>}
      below="It is built in the background, and you watch it being built."
    >
      {viewer.data?.viewer.role === "VIEWER" ? (
        <LookOnly>Ask an operator or an admin to create the store, or whoever runs the platform for the role operator.</LookOnly>
      ) : (
        <Loaded query={engines} skeleton={SKELETON}>
          {({ engines: offered, platform }) =>
            isRoleKnown ? <CreateStoreForm engines={offered} shopUrl={platform.shopUrl} /> : SKELETON
          }
        </Loaded>
      )}
    </Page>
  );
}
