import { ChevronRight } from "lucide-react";
import type { ReactNode } from "react";
import styles from "./fold.module.css";

interface FoldProps {
  summary: string;
  /** Whether it is open when it first appears. */
  isOpenAtFirst?: boolean;
  children: ReactNode;
}

/** Something that is out of sight until somebody asks for it. */
export function Fold({ summary, isOpenAtFirst = false, children }: FoldProps) {
  return (
    <details className={styles.fold} open={isOpenAtFirst}>
      <summary className={styles.summary}>
        <ChevronRight size={16} aria-hidden className={styles.arrow} />
        <span>{summary}</span>
      </summary>
      <div className={styles.content}>{children}</div>
    </details>
  );
}

/** A part of a page that is folded to its title. */
export function FoldedPanel({ summary, children }: Omit<FoldProps, "isOpenAtFirst">) {
  return (
    <details className={styles.panel}>
      <summary className={`${styles.summary ?? ""} ${styles.title ?? ""}`}>
        <ChevronRight size={16} aria-hidden className={styles.arrow} />
        <h2>{summary}</h2>
      </summary>
      <div className={styles.body}>{children}</div>
    </details>
  );
}
