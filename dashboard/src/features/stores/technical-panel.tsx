import type { ReactNode } from "react";
import { Fact, FactList } from "@/components/facts";
import { FoldedPanel } from "@/components/fold";
import type { StoreDetailsFragment } from "@/gql/graphql";
import { recordOf } from "./activity";
import { EventList } from "./event-list";
import { PodList, podsInWords } from "./pod-list";
import { stepTitle } from "./step-words";
import styles from "./technical-panel.module.css";
import type { StoreEvent } from "./use-store-stream";

interface TechnicalPanelProps {
  store: StoreDetailsFragment;
  events: StoreEvent[];
}

/** What Kubernetes knows of a shop, for whoever runs the platform. */
export function TechnicalPanel({ store: { diagnostics, steps, pods }, events }: TechnicalPanelProps) {
  const told = steps.filter(({ message }) => message);
  return (
    <FoldedPanel summary="Technical details">
      <FactList>
        <Fact name="Namespace">
          <code translate="no">{diagnostics.namespace}</code>
        </Fact>
        <Fact name="Helm release">
          <code translate="no">{diagnostics.release}</code>
        </Fact>
      </FactList>
      {told.length > 0 && (
        <Part title="Steps">
          <ul className={styles.steps}>
            {told.map(({ name, message }) => (
              <li key={name}>
                <strong>{stepTitle(name)}</strong>
                <span>{message}</span>
              </li>
            ))}
          </ul>
        </Part>
      )}
      <Part title="Pods" aside={podsInWords(pods)}>
        <PodList pods={pods} />
      </Part>
      <Part title="Full record">
        <EventList label="Full record" happenings={recordOf(events)} />
      </Part>
    </FoldedPanel>
  );
}

function Part({ title, aside, children }: { title: string; aside?: string; children: ReactNode }) {
  return (
    <section className={styles.part}>
      <div className={styles.title}>
        <h3>{title}</h3>
        <span>{aside}</span>
      </div>
      {children}
    </section>
  );
}
