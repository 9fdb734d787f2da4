import { SearchX } from "lucide-react";
import { BackLink } from "@/components/back-link";
import { ButtonLink } from "@/components/button";
import { Empty } from "@/components/empty";
import { Loaded } from "@/components/loaded";
import { Page } from "@/components/page";
import { Skeleton } from "@/components/skeleton";
import { useLiveQuery } from "@/lib/graphql/use-live-query";
import { AskForStore } from "./ask-for-store";
import { RESTORABLE } from "./operations";
import { type RestoreSource, sourceIn } from "./restore-source";

interface RestoreStorePageProps {
  /** The shop that the backup is of, and the backup's number. */
  storeId: string;
  number: number;
}

/** Where a new store is asked for that is made from a backup of another one. */
export function RestoreStorePage({ storeId, number }: RestoreStorePageProps) {
  const query = useLiveQuery({ query: RESTORABLE, variables: { id: storeId } });
  const source = query.data && sourceIn(query.data, number);

  return (
    <Page
      title="Restore into a new shop"
      width="narrow"
      above={<Back name={query.data?.store?.name} storeId={storeId} />}
      below="A new shop is built from the backup, and you watch it being built."
    >
      <Loaded query={query} skeleton={<Skeleton rows={4} height="4.5rem" />}>
        {({ store }) => <Restorable source={source} storeId={store?.id} />}
      </Loaded>
    </Page>
  );
}

/** The way to the page of the shop that the backup is of, once it is known that there is one. */
function Back({ name, storeId }: { name: string | undefined; storeId: string }) {
  return name ? <BackLink to={`/stores/${storeId}`}>{name}</BackLink> : <BackLink to="/stores">Stores</BackLink>;
}

function Restorable({ source, storeId }: { source: RestoreSource | undefined; storeId: string | undefined }) {
  if (source) return <AskForStore source={source} />;
  const action = storeId ? (
    <ButtonLink to={`/stores/${storeId}`}>Show the shop’s backups</ButtonLink>
  ) : (
    <ButtonLink to="/stores">Show all stores</ButtonLink>
  );
  return (
    <Empty icon={SearchX} title="There is no backup at this address" action={action}>
      {storeId ? "Choose one of those that the shop has." : "It may be of somebody else’s shop, or the record of the shop was removed some time after the shop was."}
    </Empty>
  );
}
