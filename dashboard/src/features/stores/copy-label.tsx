import { FlaskConical } from "lucide-react";
import styles from "./copy-label.module.css";

/** Tells a copy from shops that somebody buys in. */
export function CopyLabel() {
  return (
    <span className={styles.label}>
      <FlaskConical size={13} strokeWidth={2.25} aria-hidden />
      <span>Copy</span>
    </span>
  );
}
