import { Panel } from "@/components/panel";
import { clockTime, exactTime } from "@/lib/time";
import { useNow } from "@/lib/use-now";
import type { StoreEvent } from "./use-store-stream";
import styles from "./events-panel.module.css";

/** What happened recently, newest first. */
export function EventsPanel({ events }: { events: StoreEvent[] }) {
  const now = useNow();
  return (
    <Panel title="Recent events" aside={events.length > 0 && `${events.length} shown`} isFlush>
      {events.length === 0 ? (
        <p className={styles.none}>Nothing has happened yet.</p>
      ) : (
        <ol className={styles.events} tabIndex={0} aria-label="Recent events, newest first">
          {events.toReversed().map(({ version, occurredAt, message, kind }) => (
            <li key={version} data-version={version} data-kind={kind}>
              <time dateTime={occurredAt} title={exactTime(occurredAt)}>
                {clockTime(occurredAt, now)}
              </time>
              <span>{message}</span>
            </li>
          ))}
        </ol>
      )}
    </Panel>
  );
}
