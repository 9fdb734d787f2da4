import { CircleAlert, CirclePause, Info, OctagonX } from "lucide-react";
import type { ReactNode } from "react";
import styles from "./notice.module.css";

const ICONS = { failed: OctagonX, warning: CircleAlert, progress: Info, waiting: CirclePause };

interface NoticeProps {
  tone: keyof typeof ICONS;
  title: string;
  actions?: ReactNode;
  children?: ReactNode;
  /** Whether it appears in answer to something the person just did. */
  isAlert?: boolean;
}

/** Something a person should know, in words. */
export function Notice({ tone, title, actions, children, isAlert = false }: NoticeProps) {
  const Icon = ICONS[tone];
  return (
    <div className={`${styles.notice ?? ""} ${styles[tone] ?? ""}`} role={isAlert ? "alert" : undefined}>
      <Icon size={18} aria-hidden className={styles.icon} />
      <div className={styles.text}>
        <p className={styles.title}>{title}</p>
        {children}
      </div>
      {actions && <div className={styles.actions}>{actions}</div>}
    </div>
  );
}
