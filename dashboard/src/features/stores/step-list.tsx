import { Check, Circle, LoaderCircle, type LucideIcon, Minus, X } from "lucide-react";
import type { StepStatus, StoreDetailsFragment } from "@/gql/graphql";
import { duration, exactTime } from "@/lib/time";
import { useSeconds } from "@/lib/use-now";
import { titleOf } from "@/lib/words";
import { stepHint, stepTitle } from "./step-words";
import styles from "./step-list.module.css";

export type Step = StoreDetailsFragment["steps"][number];

const LOOKS: Record<string, { icon: LucideIcon; word: string }> = {
  PENDING: { icon: Circle, word: "Not begun" },
  RUNNING: { icon: LoaderCircle, word: "Under way" },
  SUCCEEDED: { icon: Check, word: "Done" },
  FAILED: { icon: X, word: "Failed" },
  SKIPPED: { icon: Minus, word: "Not needed" },
} satisfies Record<StepStatus, { icon: LucideIcon; word: string }>;

interface StepListProps {
  steps: Step[];
  /** Whether nobody works on the store any more, whatever a step that was broken off says. */
  isOver: boolean;
}

/** Steps with how each is doing; the one under way says what goes on. */
export function StepList({ steps, isOver }: StepListProps) {
  return (
    <ol className={styles.steps}>
      {steps.map((step) => (
        <StepItem key={step.name} step={step} isUnderWay={step.status === "RUNNING" && !isOver} />
      ))}
    </ol>
  );
}

function StepItem({ step, isUnderWay }: { step: Step; isUnderWay: boolean }) {
  const { icon: Icon, word } = LOOKS[step.status] ?? { icon: Circle, word: titleOf(step.status) };
  return (
    <li className={styles.step} data-step={step.name} data-status={step.status}>
      <span className={styles.mark}>
        <Icon size={14} strokeWidth={2.75} aria-hidden />
      </span>
      <div className={styles.text}>
        <div className={styles.line}>
          <h3>{stepTitle(step.name)}</h3>
          <span className="visually-hidden">{word}</span>
          <StepDuration step={step} isUnderWay={isUnderWay} />
        </div>
        {isUnderWay && <p className={styles.hint}>{stepHint(step.name)}</p>}
      </div>
    </li>
  );
}

function StepDuration({ step: { startedAt, finishedAt, status }, isUnderWay }: { step: Step; isUnderWay: boolean }) {
  if (!startedAt || status === "SKIPPED") return null;
  if (!finishedAt) return isUnderWay ? <RunningDuration since={startedAt} /> : null;
  const span = `${exactTime(startedAt)} to ${exactTime(finishedAt)}`;
  return (
    <span className={styles.duration} title={span}>
      {duration(Date.parse(finishedAt) - Date.parse(startedAt))}
    </span>
  );
}

function RunningDuration({ since }: { since: string }) {
  const now = useSeconds();
  return (
    <span className={styles.duration} title={`Since ${exactTime(since)}`}>
      {duration(Math.floor((now - Date.parse(since)) / 1000) * 1000)}
    </span>
  );
}
