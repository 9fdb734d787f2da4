import { Notice } from "@/components/notice";
import type { Role, StoreDetailsFragment } from "@/gql/graphql";
import { restartRemedyOf, WHAT_SHOPPERS_NOTICE } from "./restart-words";
import { canBeOpened, isLeaving, isRestart, isRestartGivenUp, isRestarting, outputOfFailure } from "./store-facts";
import { useAnnouncedEnd } from "./use-announced-end";
import { WhyFailed } from "./why-failed";

interface RestartNoticeProps {
  store: StoreDetailsFragment;
  /** What the person may do, once it is known. */
  role: Role | undefined;
}

/** Tells of a shop that is being restarted, and of one where that failed. */
export function RestartNotice({ store, role }: RestartNoticeProps) {
  useAnnouncedEnd(isRestarting(store), endOf(store));
  if (isLeaving(store) || !canBeOpened(store)) return null;
  if (isRestarting(store)) return <BeingRestarted />;
  if (isRestartGivenUp(store)) return <NotRestarted store={store} role={role} />;
  return null;
}

function BeingRestarted() {
  return (
    <Notice tone="progress" title="This shop is being restarted">
      <p>{`${WHAT_SHOPPERS_NOTICE} Everything in it stays as it is.`}</p>
    </Notice>
  );
}

/** Why not every part of a shop has started anew. */
function NotRestarted({ store: { status, operation, steps }, role }: RestartNoticeProps) {
  const reason = operation?.reason;
  return (
    <Notice tone="failed" title="The shop was not restarted">
      <p>{`Not every part of it started anew${status === "READY" ? ", but it is ready" : ""}. Nothing in it is lost.`}</p>
      <WhyFailed reason={reason} output={outputOfFailure(steps)} remedy={restartRemedyOf(reason?.code, role)} role={role} />
    </Notice>
  );
}

function endOf(store: StoreDetailsFragment): string | undefined {
  const status = isRestart(store) ? store.operation?.status : undefined;
  if (status === "SUCCEEDED") return `${store.title} has been restarted.`;
  if (status === "FAILED") return `${store.title} was not restarted.`;
  return undefined;
}
