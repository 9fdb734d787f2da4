import { Link } from "react-router";
import { Panel } from "@/components/panel";
import { activityOf } from "./activity";
import { EventList } from "./event-list";
import type { StoreEvent } from "./use-store-stream";

interface ActivityPanelProps {
  events: StoreEvent[];
  /** Where it is recorded who asked for what, for those who may read it. */
  auditPath?: string | undefined;
}

/** What happened to the shop lately. */
export function ActivityPanel({ events, auditPath }: ActivityPanelProps) {
  return (
    <Panel title="Activity" aside={auditPath && <Link to={auditPath}>Who did what</Link>}>
      <EventList label="Activity" happenings={activityOf(events)} />
    </Panel>
  );
}
