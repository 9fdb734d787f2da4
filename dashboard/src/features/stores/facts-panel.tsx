import type { ReactNode } from "react";
import { Panel } from "@/components/panel";
import { TimeAgo } from "@/components/time-ago";
import type { StoreDetailsFragment } from "@/gql/graphql";
import { ownerLabel } from "@/lib/owners";
import { milestonesOf } from "./store-facts";
import styles from "./facts-panel.module.css";

/** What is known of a store, beside how it is doing. */
export function FactsPanel({ store }: { store: StoreDetailsFragment }) {
  return (
    <Panel title="About">
      <dl className={styles.facts}>
        <Fact name="Engine">{`${store.engine} ${store.engineVersion}`}</Fact>
        <Fact name="Owner">{ownerLabel(store)}</Fact>
        <Fact name="Asked for">
          <TimeAgo at={store.createdAt} />
        </Fact>
        {milestonesOf(store).map(({ name, at }) => (
          <Fact key={name} name={name}>
            <TimeAgo at={at} />
          </Fact>
        ))}
        <Fact name="Namespace">
          <code translate="no">{store.diagnostics.namespace}</code>
        </Fact>
        {store.diagnostics.attempt > 1 && <Fact name="Attempt">{store.diagnostics.attempt}</Fact>}
      </dl>
    </Panel>
  );
}

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div className={styles.fact}>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}
