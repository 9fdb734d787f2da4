import type { CombinedError } from "urql";
import { Fold } from "@/components/fold";
import { Notice } from "@/components/notice";
import type { Role, StoreDetailsFragment } from "@/gql/graphql";
import { messageOf } from "@/lib/graphql/client";
import { problemOf, remedyOf } from "./reason-words";
import { RestartButton } from "./restart-button";
import { isRestartAdvised, remedyByRestarting } from "./restart-words";
import { outputOfFailure, stepsOf } from "./store-facts";
import { TechnicalReason } from "./technical-reason";

interface StoreNoticeProps {
  store: StoreDetailsFragment;
  problem: CombinedError | undefined;
  /** What the person may do, once it is known. */
  role: Role | undefined;
  onRestart: () => void;
}

/** Why the store is as it is, and what to do; below it, what Kubernetes says. */
export function StoreNotice({ store, problem, role, onRestart }: StoreNoticeProps) {
  const isRestartOffered = role !== undefined && role !== "VIEWER" && isRestartAdvised(store);
  return (
    <>
      {problem && (
        <Notice tone="warning" title="Changes cannot be followed at the moment">
          <p>{messageOf(problem)}</p>
        </Notice>
      )}
      {store.status === "DELETED" && (
        <Notice tone="progress" title="This store is gone">
          <p>Its shop, its data and its passwords were removed. Only this record is left, with the backups that were made.</p>
        </Notice>
      )}
      {store.reason && (
        <Notice
          tone={store.status === "FAILED" ? "failed" : "warning"}
          title={problemOf(store.reason.code)}
          actions={isRestartOffered && <RestartButton store={store} look="primary" onAsk={onRestart} />}
        >
          <p>{isRestartOffered ? remedyByRestarting(role) : remedyOf(store, role)}</p>
          {/* Admins act upon Kubernetes' own words. */}
          <Fold summary="Technical details of the problem" isOpenAtFirst={role === "ADMIN"}>
            <TechnicalReason reason={store.reason} output={outputOf(store)} />
          </Fold>
        </Notice>
      )}
    </>
  );
}

/** The end of the log of what failed. */
function outputOf(store: StoreDetailsFragment): string | null | undefined {
  return store.status === "FAILED" ? outputOfFailure(stepsOf(store)) : null;
}
