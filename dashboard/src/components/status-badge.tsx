import { CircleAlert, CircleCheck, CircleDashed, CirclePause, CircleSlash, Clock, LoaderCircle, type LucideIcon, OctagonX, Trash2 } from "lucide-react";
import type { StoreStatus } from "@/gql/graphql";
import styles from "./status-badge.module.css";

interface Look {
  word: string;
  icon: LucideIcon;
  tone: "ready" | "progress" | "waiting" | "warning" | "failed" | "leaving";
}

const WORKING = { icon: LoaderCircle, tone: "progress" } as const;

const LOOKS: Record<string, Look> = {
  QUEUED: { word: "Waiting", icon: Clock, tone: "waiting" },
  PROVISIONING: { word: "Being created", ...WORKING },
  UPDATING: { word: "Being upgraded", ...WORKING },
  READY: { word: "Ready", icon: CircleCheck, tone: "ready" },
  DEGRADED: { word: "Has problems", icon: CircleAlert, tone: "warning" },
  FAILED: { word: "Failed", icon: OctagonX, tone: "failed" },
  SUSPENDED: { word: "Paused", icon: CirclePause, tone: "waiting" },
  DELETING: { word: "Being deleted", icon: Trash2, tone: "leaving" },
  DELETED: { word: "Deleted", icon: CircleSlash, tone: "waiting" },
} satisfies Record<StoreStatus, Look>;

/** A status in a word. */
export function statusWord(status: StoreStatus): string {
  return lookOf(status).word;
}

interface StatusBadgeProps {
  status: StoreStatus;
  detail?: string | undefined;
  /** A word for work that the status does not tell of. */
  work?: string | undefined;
}

/** A status as icon, word and colour. */
export function StatusBadge({ status, detail, work }: StatusBadgeProps) {
  const { word, icon: Icon, tone } = work ? { ...WORKING, word: work } : lookOf(status);
  return (
    <span className={`${styles.badge ?? ""} ${styles[tone] ?? ""}`} data-status={status}>
      <Icon size={14} strokeWidth={2.25} aria-hidden className={tone === "progress" ? styles.turning : undefined} />
      <span>{word}</span>
      {detail && <span className={styles.detail}>{detail}</span>}
    </span>
  );
}

/** A status that this version of the page does not know yet is shown by its own name. */
function lookOf(status: StoreStatus): Look {
  return LOOKS[status] ?? { word: status, icon: CircleDashed, tone: "waiting" };
}
