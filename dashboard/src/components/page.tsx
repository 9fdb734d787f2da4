import { type ReactNode, useEffect, useRef } from "react";
import { useTitle } from "@/lib/use-title";
import styles from "./page.module.css";

interface PageProps {
  title: string;
  /** What stands above the title: where the page belongs. */
  above?: ReactNode;
  /** What stands beside the title, such as a status. */
  beside?: ReactNode;
  below?: ReactNode;
  actions?: ReactNode;
  width?: "wide" | "narrow";
  children: ReactNode;
}

let isFirstPage = true;

/** A page with its title, to which the focus moves, so that a screen reader says where one is now. */
export function Page({ title, above, beside, below, actions, width = "wide", children }: PageProps) {
  const heading = useRef<HTMLHeadingElement>(null);
  useTitle(title);

  useEffect(() => {
    if (!isFirstPage) heading.current?.focus();
    isFirstPage = false;
  }, []);

  return (
    <div className={`${styles.page ?? ""} ${styles[width] ?? ""}`}>
      {above && <div className={styles.above}>{above}</div>}
      <header className={styles.header}>
        <div className={styles.naming}>
          <div className={styles.titleLine}>
            <h1 ref={heading} tabIndex={-1}>
              {title}
            </h1>
            {beside}
          </div>
          {below && <div className={styles.below}>{below}</div>}
        </div>
        {actions && <div className={styles.actions}>{actions}</div>}
      </header>
      {children}
    </div>
  );
}
