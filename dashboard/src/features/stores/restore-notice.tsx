import { useEffect, useRef } from "react";
import { useQuery } from "urql";
import { Fold } from "@/components/fold";
import { Notice } from "@/components/notice";
import type { OperationFactsFragment, OperationStatus, Role, StoreDetailsFragment } from "@/gql/graphql";
import { announce } from "@/lib/announcer";
import { STORE_OPERATIONS } from "./operations";
import { problemOf, restoreRemedyOf } from "./reason-words";
import { canBeOpened, isRestore, isRestoreGivenUp, isRestoring, isReturn } from "./store-facts";
import { TechnicalReason } from "./technical-reason";

interface RestoreNoticeProps {
  store: StoreDetailsFragment;
  /** What the person may do, once it is known. */
  role: Role | undefined;
}

/** Tells of a backup that is put in the place of the shop, and of one that could not be. */
export function RestoreNotice({ store, role }: RestoreNoticeProps) {
  useAnnouncedEnd(store);
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
  return (
    <Notice tone="failed" title="The backup was not restored">
      <p>The shop could not be saved as it is before, so it was left as it was.</p>
      <Why reason={operation?.reason} output={steps.find(({ status }) => status === "FAILED")?.output} role={role} isOver />
    </Notice>
  );
}

const RETURNED: Partial<Record<OperationStatus, string>> = {
  QUEUED: "So the shop is brought back as it was before. Until that is done visitors see that it will be back soon.",
  RUNNING: "So the shop is brought back as it was before. Until that is done visitors see that it will be back soon.",
  SUCCEEDED: "So the shop was brought back as it was before.",
  FAILED: "Nor could the shop be brought back as it was before: that is in its newest backup.",
};

/** Tells that the shop takes the place of a backup that could not be restored, and why that could not be. */
function Returned({ store: { id, operation }, role }: RestoreNoticeProps) {
  // The page's history has asked for it.
  const [{ data }] = useQuery({ query: STORE_OPERATIONS, variables: { id } });
  const words = operation && RETURNED[operation.status];
  if (!words) return null;
  const before = data?.store?.operations.edges.find(({ node }) => node.number === operation.number - 1)?.node;
  return (
    <Notice tone="warning" title="The backup could not be restored">
      <p>{words}</p>
      {before && <Why reason={before.reason} role={role} isOver={operation.status === "SUCCEEDED"} />}
    </Notice>
  );
}

interface WhyProps {
  reason: OperationFactsFragment["reason"] | undefined;
  output?: string | null | undefined;
  role: Role | undefined;
  /** Whether the shop is there, so that another restore can be asked for. */
  isOver: boolean;
}

function Why({ reason, output, role, isOver }: WhyProps) {
  return (
    <>
      {reason && <p>{problemOf(reason.code)}</p>}
      {isOver && <p>{restoreRemedyOf(reason?.code, role)}</p>}
      {reason && (
        <Fold summary="Technical details of the failure" isOpenAtFirst={role === "ADMIN"}>
          <TechnicalReason reason={reason} output={output} />
        </Fold>
      )}
    </>
  );
}

/** Say how a restore ended to people who listen to the page, if it was under way before their eyes. */
function useAnnouncedEnd(store: StoreDetailsFragment): void {
  const { name } = store;
  const isUnderWay = isRestoring(store);
  const end = endOf(store);
  const wasUnderWay = useRef(isUnderWay);
  useEffect(() => {
    if (wasUnderWay.current && end) announce(`${name} ${end}.`);
    wasUnderWay.current = isUnderWay;
  }, [name, end, isUnderWay]);
}

function endOf(store: StoreDetailsFragment): string | undefined {
  const status = isRestore(store) ? store.operation?.status : undefined;
  if (status === "SUCCEEDED") return isReturn(store) ? "is brought back as it was" : "is restored";
  if (status === "FAILED") return "was not restored";
  return undefined;
}
