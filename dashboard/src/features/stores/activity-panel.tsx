import { Panel } from "@/components/panel";
import { activityOf } from "./activity";
import { EventList } from "./event-list";
import type { StoreEvent } from "./use-store-stream";

/** What happened to the shop lately. */
export function ActivityPanel({ events }: { events: StoreEvent[] }) {
  return (
    <Panel title="Activity">
      <EventList label="Activity" happenings={activityOf(events)} />
    </Panel>
  );
}
