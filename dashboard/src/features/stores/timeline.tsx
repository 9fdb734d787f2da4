import { FoldedPanel } from "@/components/fold";
import { Panel } from "@/components/panel";
import { duration } from "@/lib/time";
import { StepList, type Step } from "./step-list";
import styles from "./timeline.module.css";

interface TimelineProps {
  steps: Step[];
  isWaiting: boolean;
  /** Whether nobody works on the store any more, whatever a step that was broken off says. */
  isOver: boolean;
}

/** The steps of the current work, with how long each took. */
export function Timeline({ steps, isWaiting, isOver }: TimelineProps) {
  const done = steps.filter(isDone).length;
  return (
    <Panel title="Progress" aside={steps.length > 0 && `${done} of ${steps.length} steps`}>
      {steps.length === 0 ? (
        <p className={styles.none}>{isWaiting ? "The shop waits for its turn. Its steps show here then." : "No steps were recorded."}</p>
      ) : (
        <StepList steps={steps} isOver={isOver} />
      )}
    </Panel>
  );
}

/** The steps of a shop that is set up, folded to one line; `done` says what they did. */
export function FinishedTimeline({ steps, done = "Set up" }: { steps: Step[]; done?: string }) {
  if (steps.length === 0) return null;
  return (
    <FoldedPanel summary={`${doneWords(done, steps)} · show the steps`}>
      <StepList steps={steps} isOver />
    </FoldedPanel>
  );
}

/** Whether every step was taken, and none has failed. */
export function isFinished(steps: Step[]): boolean {
  return steps.every(isDone);
}

function isDone({ status }: Step): boolean {
  return status === "SUCCEEDED" || status === "SKIPPED";
}

function doneWords(done: string, steps: Step[]): string {
  const starts = steps.flatMap(({ startedAt }) => (startedAt ? [Date.parse(startedAt)] : []));
  const ends = steps.flatMap(({ finishedAt }) => (finishedAt ? [Date.parse(finishedAt)] : []));
  if (starts.length === 0 || ends.length === 0) return done;
  return `${done} in ${duration(Math.max(...ends) - Math.min(...starts))}`;
}
