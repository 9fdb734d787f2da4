import { RotateCw } from "lucide-react";
import type { ReactNode } from "react";
import { messageOf } from "@/lib/graphql/client";
import type { LiveQuery } from "@/lib/graphql/use-live-query";
import { Button } from "./button";
import styles from "./loaded.module.css";
import { Notice } from "./notice";

interface LoadedProps<Data> {
  query: LiveQuery<Data>;
  /** What is shown meanwhile: of the same shape as what will come. */
  skeleton: ReactNode;
  /** Whether it is a part of something loaded, which shows already that changes do not arrive. */
  isPart?: boolean;
  children: (data: Data) => ReactNode;
}

/** The states of everything that is asked of the API: loading, error, stale and ready. */
export function Loaded<Data>({ query, skeleton, isPart = false, children }: LoadedProps<Data>) {
  const { data, error, isStale, retry } = query;
  if (data === undefined && error) {
    return (
      <Notice
        tone="failed"
        title="This could not be loaded"
        isAlert
        actions={
          <Button onClick={retry}>
            <RotateCw size={16} aria-hidden /> Try again
          </Button>
        }
      >
        <p>{messageOf(error)}</p>
      </Notice>
    );
  }
  if (data === undefined) {
    return (
      <div className={styles.content} aria-busy="true" data-state="loading">
        <span className="visually-hidden">Loading …</span>
        {skeleton}
      </div>
    );
  }
  if (isPart) return children(data);
  return (
    <div className={styles.content} data-state={isStale ? "stale" : "ready"}>
      {children(data)}
    </div>
  );
}
