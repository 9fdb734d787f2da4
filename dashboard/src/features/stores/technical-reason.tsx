import type { StoreDetailsFragment } from "@/gql/graphql";
import { titleOf } from "@/lib/words";
import styles from "./technical-reason.module.css";

interface TechnicalReasonProps {
  reason: NonNullable<StoreDetailsFragment["reason"]>;
  output: string | null | undefined;
}

/** What Kubernetes says of a problem. */
export function TechnicalReason({ reason, output }: TechnicalReasonProps) {
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
