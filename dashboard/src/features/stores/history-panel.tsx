import { Loaded } from "@/components/loaded";
import { Panel } from "@/components/panel";
import { Skeleton } from "@/components/skeleton";
import { useLiveQuery } from "@/lib/graphql/use-live-query";
import { EventList } from "./event-list";
import { historyOf } from "./history-words";
import { STORE_OPERATIONS } from "./operations";

/** What was done with the shop, who asked for it, and how it ended. */
export function HistoryPanel({ id }: { id: string }) {
  const query = useLiveQuery({ query: STORE_OPERATIONS, variables: { id } });
  return (
    <Panel title="History">
      <Loaded query={query} skeleton={<Skeleton rows={2} height="2rem" />} isPart>
        {({ store }) => <EventList label="History" happenings={historyOf(store?.operations.edges.map(({ node }) => node) ?? [])} />}
      </Loaded>
    </Panel>
  );
}
