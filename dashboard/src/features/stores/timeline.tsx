import { Check, Circle, LoaderCircle, type LucideIcon, Minus, X } from "lucide-react";
import { Panel } from "@/components/panel";
import type { StepName, StepStatus, StoreDetailsFragment } from "@/gql/graphql";
import { duration, exactTime } from "@/lib/time";
import { useSeconds } from "@/lib/use-now";
import { titleOf } from "./store-facts";
import styles from "./timeline.module.css";

type Step = StoreDetailsFragment["steps"][number];

const TITLES: Record<string, string> = {
  NAMESPACE: "A namespace of its own",
  CREDENTIALS: "Passwords",
  HELM_INSTALL: "Install the engine",
  WORKLOADS_READY: "Pods ready",
  SETUP_JOB: "Set up the shop",
  REACHABLE: "The address answers",
  HELM_UNINSTALL: "Uninstall the engine",
  NAMESPACE_GONE: "Remove everything",
} satisfies Record<StepName, string>;

const LOOKS: Record<string, { icon: LucideIcon; word: string }> = {
  PENDING: { icon: Circle, word: "Not begun" },
  RUNNING: { icon: LoaderCircle, word: "Under way" },
  SUCCEEDED: { icon: Check, word: "Done" },
  FAILED: { icon: X, word: "Failed" },
  SKIPPED: { icon: Minus, word: "Skipped" },
} satisfies Record<StepStatus, { icon: LucideIcon; word: string }>;

interface TimelineProps {
  steps: Step[];
  isWaiting: boolean;
  /** Whether nobody works on the store any more, whatever a step that was broken off says. */
  isOver: boolean;
  /** What the page says already, and a step need not repeat. */
  said?: string | undefined;
}

/** The steps of the current work, with how long each took. */
export function Timeline({ steps, isWaiting, isOver, said }: TimelineProps) {
  const done = steps.filter(({ status }) => status === "SUCCEEDED" || status === "SKIPPED").length;
  return (
    <Panel title="Progress" aside={steps.length > 0 && `${done} of ${steps.length} steps`}>
      {steps.length === 0 ? (
        <p className={styles.none}>{isWaiting ? "Waits for its turn; the steps follow." : "No steps were recorded."}</p>
      ) : (
        <ol className={styles.steps}>
          {steps.map((step) => (
            <TimelineStep key={step.name} step={step} isOver={isOver} message={step.message === said ? "For the reason above." : step.message} />
          ))}
        </ol>
      )}
    </Panel>
  );
}

interface TimelineStepProps {
  step: Step;
  isOver: boolean;
  message: string | null | undefined;
}

function TimelineStep({ step, isOver, message }: TimelineStepProps) {
  const { icon: Icon, word } = LOOKS[step.status] ?? { icon: Circle, word: titleOf(step.status) };
  return (
    <li className={styles.step} data-step={step.name} data-status={step.status}>
      <span className={styles.mark}>
        <Icon size={14} strokeWidth={2.75} aria-hidden />
      </span>
      <div className={styles.text}>
        <div className={styles.line}>
          <h3>{TITLES[step.name] ?? titleOf(step.name)}</h3>
          <span className="visually-hidden">{word}</span>
          <StepDuration step={step} isOver={isOver} />
        </div>
        {message && <p className={styles.message}>{message}</p>}
      </div>
    </li>
  );
}

function StepDuration({ step: { startedAt, finishedAt, status }, isOver }: { step: Step; isOver: boolean }) {
  if (!startedAt || status === "SKIPPED") return null;
  if (!finishedAt) return status === "RUNNING" && !isOver ? <RunningDuration since={startedAt} /> : null;
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
