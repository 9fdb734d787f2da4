import styles from "./skeleton.module.css";

/** Grey lines where text will be. */
export function Skeleton({ rows, height = "1.25rem" }: { rows: number; height?: string }) {
  return (
    <div className={styles.lines} aria-hidden>
      {Array.from({ length: rows }, (_, index) => (
        <div key={index} className={styles.line} style={{ height }} />
      ))}
    </div>
  );
}
