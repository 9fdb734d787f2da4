import { useState } from "react";
import { Button } from "@/components/button";
import { FactList, Fact } from "@/components/facts";
import { Panel } from "@/components/panel";
import { TimeAgo } from "@/components/time-ago";
import type { StoreDetailsFragment } from "@/gql/graphql";
import { ownerLabel } from "@/lib/owners";
import { useCanChange } from "@/lib/viewer";
import { planInWords } from "./plan-words";
import { RenameDialog } from "./rename-dialog";
import { isLeaving, milestonesOf } from "./store-facts";

interface FactsPanelProps {
  store: StoreDetailsFragment;
  /** The shop software's name and version. */
  software: string;
}

/** What is known of a shop, beside how it is doing. */
export function FactsPanel({ store, software }: FactsPanelProps) {
  const canChange = useCanChange();
  const [isRenamed, setRenamed] = useState(false);
  return (
    <Panel title="About">
      <FactList>
        {store.title !== store.name && <Fact name="Name in its address">{store.name}</Fact>}
        <Fact name="Shop software">{software}</Fact>
        {store.plan && <Fact name="Plan">{planInWords(store.plan)}</Fact>}
        {store.plan?.description && <Fact name="What it means">{store.plan.description}</Fact>}
        <Fact name="Owner">{ownerLabel(store)}</Fact>
        <Fact name="Created">
          <TimeAgo at={store.createdAt} />
        </Fact>
        {milestonesOf(store).map(({ name, at }) => (
          <Fact key={name} name={name}>
            <TimeAgo at={at} />
          </Fact>
        ))}
      </FactList>
      {canChange && !isLeaving(store) && (
        <Button look="quiet" onClick={() => setRenamed(true)}>
          Rename
        </Button>
      )}
      {isRenamed && <RenameDialog store={store} onClose={() => setRenamed(false)} />}
    </Panel>
  );
}
