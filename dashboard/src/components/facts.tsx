import type { ReactNode } from "react";
import styles from "./facts.module.css";

/** Facts, each with its name. */
export function FactList({ children }: { children: ReactNode }) {
  return <dl className={styles.facts}>{children}</dl>;
}

interface FactProps {
  name: string;
  /** What it means, in a sentence. */
  detail?: string | null;
  children: ReactNode;
}

/** A fact in a list of facts. */
export function Fact({ name, detail, children }: FactProps) {
  return (
    <div className={styles.fact}>
      <dt>{name}</dt>
      <dd>
        {children}
        {detail && <p className={styles.detail}>{detail}</p>}
      </dd>
    </div>
  );
}
