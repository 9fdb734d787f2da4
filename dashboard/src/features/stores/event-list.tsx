import type { ReactNode } from "react";
import { dayOf, exactTime, timeOfDay } from "@/lib/time";
import { useNow } from "@/lib/use-now";
import type { Happening } from "./activity";
import styles from "./event-list.module.css";

interface EventListProps {
  label: string;
  /** What happened, oldest first. */
  happenings: Happening[];
  /** What can be done with one, below its words. */
  actionOf?: (happening: Happening) => ReactNode;
}

/** What happened, newest first, each day under its date. */
export function EventList({ label, happenings, actionOf }: EventListProps) {
  const now = useNow();
  const newestFirst = happenings.toReversed();
  const days = newestFirst.map(({ occurredAt }) => dayOf(occurredAt, now));
  if (happenings.length === 0) return <p className={styles.none}>Nothing has happened yet.</p>;
  return (
    <ol className={styles.events} tabIndex={0} aria-label={`${label}, newest first`}>
      {newestFirst.map((happening, index) => (
        <li key={happening.version} data-version={happening.version} data-kind={happening.kind}>
          {days[index] !== days[index - 1] && <span className={styles.day}>{days[index]}</span>}
          <time dateTime={happening.occurredAt} title={exactTime(happening.occurredAt)}>
            {timeOfDay(happening.occurredAt)}
          </time>
          <span>{happening.words}</span>
          {actionOf && <div className={styles.action}>{actionOf(happening)}</div>}
        </li>
      ))}
    </ol>
  );
}
