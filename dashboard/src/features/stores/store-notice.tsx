import type { CombinedError } from "urql";
import { Fold } from "@/components/fold";
import { Notice } from "@/components/notice";
import type { Role, StoreDetailsFragment } from "@/gql/graphql";
import { messageOf } from "@/lib/graphql/client";
import { titleOf } from "@/lib/words";
import { problemOf, remedyOf } from "./reason-words";
import styles from "./store-notice.module.css";

interface StoreNoticeProps {
  store: StoreDetailsFragment;
  problem: CombinedError | undefined;
  /** What the person may do, once it is known. */
  role: Role | undefined;
}

/** Why the store is as it is, and what to do; below it, what Kubernetes says. */
export function StoreNotice({ store, problem, role }: StoreNoticeProps) {
  return (
    <>
      {problem && (
        <Notice tone="warning" title="Changes cannot be followed at the moment">
          <p>{messageOf(problem)}</p>
        </Notice>
      )}
      {store.status === "DELETED" && (
        <Notice tone="progress" title="This store is gone">
          <p>Its shop, its data and its passwords were removed. Only this record is left.</p>
        </Notice>
      )}
      {store.reason && (
        <Notice tone={store.status === "FAILED" ? "failed" : "warning"} title={problemOf(store.reason.code)}>
          <p>{remedyOf(store, role)}</p>
          {/* Admins act upon Kubernetes' own words. */}
          <Fold summary="Technical details of the problem" isOpenAtFirst={role === "ADMIN"}>
            <TechnicalReason reason={store.reason} output={outputOf(store)} />
          </Fold>
        </Notice>
      )}
    </>
  );
}

interface TechnicalReasonProps {
  reason: NonNullable<StoreDetailsFragment["reason"]>;
  output: string | null | undefined;
}

function TechnicalReason({ reason, output }: TechnicalReasonProps) {
  return (
    <>
      <p>
        <strong>{titleOf(reason.code)}</strong>
      </p>
      <p>{reason.message}</p>
      {output && (
        <figure className={styles.log}>
          <figcaption>The last lines of its log</figcaption>
          <pre translate="no" tabIndex={0} aria-label="The last lines of its log">
            {output}
          </pre>
        </figure>
      )}
    </>
  );
}

/** The end of the log of what failed. */
function outputOf({ status, steps }: StoreDetailsFragment): string | null | undefined {
  if (status !== "FAILED") return null;
  return steps.find((step) => step.status === "FAILED")?.output;
}
