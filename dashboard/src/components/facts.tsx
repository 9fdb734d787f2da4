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
      <dd>{detail ? <Explained detail={detail}>{children}</Explained> : children}</dd>
    </div>
  );
}

/** The text has an element of its own: beside another one, React could not change it once the page is translated. */
function Explained({ detail, children }: { detail: string; children: ReactNode }) {
  return (
    <>
      <p>{children}</p>
      <p className={styles.detail}>{detail}</p>
    </>
  );
}
