import { dayOf, exactTime, timeOfDay } from "@/lib/time";
import { useNow } from "@/lib/use-now";
import type { Happening } from "./activity";
import styles from "./event-list.module.css";

interface EventListProps {
  label: string;
  /** What happened, oldest first. */
  happenings: Happening[];
}

/** What happened, newest first, each day under its date. */
export function EventList({ label, happenings }: EventListProps) {
  const now = useNow();
  const newestFirst = happenings.toReversed();
  const days = newestFirst.map(({ occurredAt }) => dayOf(occurredAt, now));
  if (happenings.length === 0) return <p className={styles.none}>Nothing has happened yet.</p>;
  return (
    <ol className={styles.events} tabIndex={0} aria-label={`${label}, newest first`}>
      {newestFirst.map(({ version, kind, occurredAt, words }, index) => (
        <li key={version} data-version={version} data-kind={kind}>
          {days[index] !== days[index - 1] && <span className={styles.day}>{days[index]}</span>}
          <time dateTime={occurredAt} title={exactTime(occurredAt)}>
            {timeOfDay(occurredAt)}
          </time>
          <span>{words}</span>
        </li>
      ))}
    </ol>
  );
}
