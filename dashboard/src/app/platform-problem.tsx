import { Notice } from "@/components/notice";
import { graphql } from "@/gql";
import { useLiveQuery } from "@/lib/graphql/use-live-query";
import styles from "./platform-problem.module.css";

const PLATFORM = graphql(`
  query Platform {
    platform {
      version
      problem
    }
  }
`);

/** Says so when the platform cannot work on stores, such as while the cluster is away. */
export function PlatformProblem() {
  const { data } = useLiveQuery({ query: PLATFORM, variables: {} });
  if (!data?.platform.problem) return null;
  return (
    <div className={styles.problem}>
      <Notice tone="warning" title="Stores cannot be worked on just now">
        <p>{`${data.platform.problem} What you ask for is kept, and done as soon as it can be.`}</p>
      </Notice>
    </div>
  );
}
