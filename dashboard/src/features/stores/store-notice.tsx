import type { CombinedError } from "urql";
import { Notice } from "@/components/notice";
import type { StoreDetailsFragment } from "@/gql/graphql";
import { messageOf } from "@/lib/graphql/client";
import { titleOf } from "./store-facts";
import styles from "./store-notice.module.css";

interface StoreNoticeProps {
  store: StoreDetailsFragment;
  problem: CombinedError | undefined;
}

/** Why the store is as it is, in words: the reason, the end of the log, and what to do. */
export function StoreNotice({ store, problem }: StoreNoticeProps) {
  const output = store.steps.find(({ status }) => status === "FAILED")?.output;
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
        <Notice tone={store.status === "FAILED" ? "failed" : "warning"} title={titleOf(store.reason.code)}>
          <p>{store.reason.message}</p>
          {output && store.status === "FAILED" && (
            <figure className={styles.log}>
              <figcaption>The last lines of its log</figcaption>
              <pre translate="no" tabIndex={0} aria-label="The last lines of its log">
                {output}
              </pre>
            </figure>
          )}
        </Notice>
      )}
    </>
  );
}
