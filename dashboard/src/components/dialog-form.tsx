import type { ReactNode } from "react";
import styles from "./dialog-form.module.css";

/** What is in a dialog, in one column. */
export function DialogBody({ children }: { children: ReactNode }) {
  return <div className={styles.form}>{children}</div>;
}

/** The form in a dialog. */
export function DialogForm({ onSubmit, children }: { onSubmit: () => Promise<void>; children: ReactNode }) {
  return (
    <form
      className={styles.form}
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        void onSubmit();
      }}
    >
      {children}
    </form>
  );
}

/** The buttons at a dialog's end; the last one does it. */
export function DialogActions({ children }: { children: ReactNode }) {
  return <div className={styles.actions}>{children}</div>;
}
