import { exactTime, relativeTime } from "@/lib/time";
import { useNow } from "@/lib/use-now";

/** A time as people say it, the exact time on hover. */
export function TimeAgo({ at }: { at: string }) {
  const now = useNow();
  return (
    <time dateTime={at} title={exactTime(at)}>
      {relativeTime(at, now)}
    </time>
  );
}
