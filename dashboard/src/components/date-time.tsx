import { dayAndTime, exactTime } from "@/lib/time";
import { useNow } from "@/lib/use-now";

/** A moment with its day, "Today, 14:05", the exact time on hover. */
export function DateTime({ at }: { at: string }) {
  const now = useNow();
  return (
    <time dateTime={at} title={exactTime(at)}>
      {dayAndTime(at, now)}
    </time>
  );
}
