import type { ReactNode } from "react";
import { FactList, Fact } from "@/components/facts";
import { Panel } from "@/components/panel";
import { TimeAgo } from "@/components/time-ago";
import type { StoreDetailsFragment } from "@/gql/graphql";
import { ownerLabel } from "@/lib/owners";
import { planInWords } from "./plan-words";
import { milestonesOf } from "./store-facts";

interface FactsPanelProps {
  store: StoreDetailsFragment;
  /** The shop software's name and version. */
  software: string;
  /** What can be done about it. */
  action?: ReactNode;
}

/** What is known of a shop, beside how it is doing. */
export function FactsPanel({ store, software, action }: FactsPanelProps) {
  return (
    <Panel title="About">
      <FactList>
        {store.title !== store.name && <Fact name="Name in its address">{store.name}</Fact>}
        <Fact name="Shop software">{software}</Fact>
        {store.plan && (
          <Fact name="Plan" detail={store.plan.description}>
            {planInWords(store.plan)}
          </Fact>
        )}
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
      {action}
    </Panel>
  );
}
