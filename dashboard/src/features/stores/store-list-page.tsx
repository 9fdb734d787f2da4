import { Plus, SearchX, Store as StoreIcon } from "lucide-react";
import { ButtonLink, Button } from "@/components/button";
import { Empty } from "@/components/empty";
import { Loaded } from "@/components/loaded";
import { Page } from "@/components/page";
import { Pager } from "@/components/pager";
import { RowList } from "@/components/row-list";
import { Skeleton } from "@/components/skeleton";
import { useAreAddressesChecked } from "@/lib/addresses";
import { useLiveQuery } from "@/lib/graphql/use-live-query";
import { useCanChange } from "@/lib/viewer";
import { useListChoices, variablesOf } from "./list-choices";
import { ListToolbar } from "./list-toolbar";
import { OffersNotice } from "./offers-notice";
import { STORES } from "./operations";
import { StoreRow } from "./store-row";
import { useSoftwareLabel } from "./use-software-label";

/** All stores that the person may see, live. */
export function StoreListPage() {
  const { choices, change, isFiltered } = useListChoices();
  const query = useLiveQuery({ query: STORES, variables: variablesOf(choices) });
  const canCreate = useCanChange();
  const isAddressChecked = useAreAddressesChecked() === true;
  const softwareOf = useSoftwareLabel();
  const total = query.data?.stores.totalCount;

  return (
    <Page
      title="Stores"
      below={total === undefined ? "…" : countOf(total, isFiltered)}
      actions={
        canCreate &&
        (isFiltered || total !== 0) && (
          <ButtonLink look="primary" to="/stores/new">
            <Plus size={16} aria-hidden /> New store
          </ButtonLink>
        )
      }
    >
      <OffersNotice />
      {(isFiltered || total !== 0) && <ListToolbar choices={choices} onChange={change} />}
      <Loaded query={query} skeleton={<Skeleton rows={6} height="4.25rem" />}>
        {({ stores }) =>
          stores.edges.length === 0 ? (
            <NoStores isFiltered={isFiltered} canCreate={canCreate} onClear={() => change({ search: "", statuses: [], engine: "" })} />
          ) : (
            <>
              <RowList label="Stores">
                {stores.edges.map(({ node }) => (
                  <StoreRow key={node.id} store={node} isAddressChecked={isAddressChecked} software={softwareOf(node)} />
                ))}
              </RowList>
              <Pager after={choices.after} pageInfo={stores.pageInfo} />
            </>
          )
        }
      </Loaded>
    </Page>
  );
}

function countOf(total: number, isFiltered: boolean): string {
  const stores = total === 1 ? "1 store" : `${total.toLocaleString("en")} stores`;
  return isFiltered ? `${stores} found` : stores;
}

interface NoStoresProps {
  isFiltered: boolean;
  canCreate: boolean;
  onClear: () => void;
}

function NoStores({ isFiltered, canCreate, onClear }: NoStoresProps) {
  if (isFiltered) {
    return (
      <Empty icon={SearchX} title="No store matches" action={<Button onClick={onClear}>Show all stores</Button>}>
        Try another name, or fewer filters.
      </Empty>
    );
  }
  return (
    <Empty
      icon={StoreIcon}
      title="Your first shop is a name away"
      action={
        canCreate && (
          <ButtonLink look="primary" to="/stores/new">
            <Plus size={16} aria-hidden /> Create a store
          </ButtonLink>
        )
      }
    >
      {canCreate
        ? "Choose a name; the platform builds the shop in a private space of its own, and shows every step while it does."
        : "There is no store you may see yet. Your role is viewer: an operator creates them."}
    </Empty>
  );
}
