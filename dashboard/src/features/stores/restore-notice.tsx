import { useQuery } from "urql";
import { Notice } from "@/components/notice";
import type { OperationFactsFragment, OperationStatus, Role, StoreDetailsFragment } from "@/gql/graphql";
import { upgradeVersionIn } from "@/lib/upgrade-version";
import { STORE_OPERATIONS } from "./operations";
import { restoreRemedyOf } from "./reason-words";
import { canBeOpened, isRestore, isRestoreGivenUp, isRestoring, isReturn, outputOfFailure } from "./store-facts";
import { upgradeRemedyOf } from "./upgrade-words";
import { useAnnouncedEnd } from "./use-announced-end";
import { WhyFailed } from "./why-failed";

interface RestoreNoticeProps {
  store: StoreDetailsFragment;
  /** What the person may do, once it is known. */
  role: Role | undefined;
}

/** Tells of a backup that is put in the place of the shop, and of one that could not be. */
export function RestoreNotice({ store, role }: RestoreNoticeProps) {
  useAnnouncedEnd(isRestoring(store), endOf(store));
  if (isReturn(store)) return <Returned store={store} role={role} />;
  if (isRestoring(store)) return <UnderWay isBeingSaved={canBeOpened(store)} />;
  if (isRestoreGivenUp(store) && canBeOpened(store)) return <GivenUp store={store} role={role} />;
  return null;
}

function UnderWay({ isBeingSaved }: { isBeingSaved: boolean }) {
  return (
    <Notice tone="progress" title="A backup is being restored in place of this shop">
      <p>{isBeingSaved ? "First the shop is closed and saved as it is: nothing of it is removed yet." : "The shop as it was is removed, and the backup is loaded."}</p>
      <p>This takes some minutes, in which visitors see that it will be back soon.</p>
    </Notice>
  );
}

/** Why nothing was restored, where the shop could not be saved before. */
function GivenUp({ store: { operation, steps }, role }: RestoreNoticeProps) {
  const reason = operation?.reason;
  return (
    <Notice tone="failed" title="The backup was not restored">
      <p>The shop could not be saved as it is before, so it was left as it was.</p>
      <WhyFailed reason={reason} output={outputOfFailure(steps)} remedy={restoreRemedyOf(reason?.code, role)} role={role} />
    </Notice>
  );
}

const RETURNED: Partial<Record<OperationStatus, string>> = {
  QUEUED: "So the shop is brought back as it was before. Until that is done visitors see that it will be back soon.",
  RUNNING: "So the shop is brought back as it was before. Until that is done visitors see that it will be back soon.",
  SUCCEEDED: "So the shop was brought back as it was before.",
  FAILED: "Nor could the shop be brought back as it was before: that is in its newest backup.",
};

/** Tells that the shop as it was takes the place of what could not be done with it, and why that could not be. */
function Returned({ store: { id, operation }, role }: RestoreNoticeProps) {
  // The page's history has asked for it.
  const [{ data, error }] = useQuery({ query: STORE_OPERATIONS, variables: { id } });
  const words = operation && RETURNED[operation.status];
  // Until it is known what has failed.
  if (!words || (!data && !error)) return null;
  const before = data?.store?.operations.edges.find(({ node }) => node.number === operation.number - 1)?.node;
  // It can be asked for again once the shop is there.
  const remedy = operation.status === "SUCCEEDED" && before ? remedyOfReturn(before, role) : undefined;
  return (
    <Notice tone="warning" title={before?.kind === "UPGRADE" ? "The shop could not be upgraded" : "The backup could not be restored"}>
      <p>{words}</p>
      {before && <WhyFailed reason={before.reason} remedy={remedy} role={role} />}
    </Notice>
  );
}

/** What can be done about what has failed before a shop was brought back as it was. */
function remedyOfReturn({ kind, reason, parameters }: OperationFactsFragment, role: Role | undefined): string {
  if (kind === "UPGRADE") return upgradeRemedyOf(reason?.code, role, upgradeVersionIn(parameters));
  return restoreRemedyOf(reason?.code, role);
}

function endOf(store: StoreDetailsFragment): string | undefined {
  const status = isRestore(store) ? store.operation?.status : undefined;
  if (status === "SUCCEEDED") return `${store.title} is ${isReturn(store) ? "brought back as it was" : "restored"}.`;
  if (status === "FAILED") return `${store.title} was not restored.`;
  return undefined;
}
