import { BackLink } from "@/components/back-link";
import { Loaded } from "@/components/loaded";
import { Page } from "@/components/page";
import { Skeleton } from "@/components/skeleton";
import { useLiveQuery } from "@/lib/graphql/use-live-query";
import { CreateStoreForm } from "./create-store-form";
import { ENGINES } from "./operations";

/** Where a store is asked for. */
export function CreateStorePage() {
  const query = useLiveQuery({ query: ENGINES, variables: {} });

  return (
    <Page
      title="New store"
      width="narrow"
      above={<BackLink to="/stores">Stores</BackLink>}
      below="It is built in the background, and you watch it being built."
    >
      <Loaded query={query} skeleton={<Skeleton rows={4} height="4.5rem" />}>
        {({ engines, platform }) => <CreateStoreForm engines={engines} shopUrl={platform.shopUrl} />}
      </Loaded>
    </Page>
  );
}
