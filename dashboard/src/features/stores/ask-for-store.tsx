import { Loaded } from "@/components/loaded";
import { LookOnly } from "@/components/look-only";
import { Skeleton } from "@/components/skeleton";
import { useLiveQuery } from "@/lib/graphql/use-live-query";
import { useViewer } from "@/lib/viewer";
import { CreateStoreForm } from "./create-store-form";
import { ENGINES } from "./operations";
import type { RestoreSource } from "./restore-source";

const SKELETON = <Skeleton rows={4} height="4.5rem" />;

/** The form for a new store, or why the person is given none. */
export function AskForStore({ source }: { source?: RestoreSource }) {
  const viewer = useViewer();
  const engines = useLiveQuery({ query: ENGINES, variables: {} });
  const isRoleKnown = viewer.data !== undefined || viewer.error !== undefined;

  if (viewer.data?.viewer.role === "VIEWER") {
    return <LookOnly>Ask an operator or an admin to create the store, or whoever runs the platform for the role operator.</LookOnly>;
  }
  return (
    <Loaded query={engines} skeleton={SKELETON} isPart={source !== undefined}>
      {({ engines: offered, platform }) =>
        isRoleKnown ? <CreateStoreForm engines={offered} shopUrl={platform.shopUrl} source={source} /> : SKELETON
      }
    </Loaded>
  );
}
