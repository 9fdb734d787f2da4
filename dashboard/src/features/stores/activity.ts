import type { EventKind, StepStatus, StoreStatus } from "@/gql/graphql";
import { stepTitle } from "./step-words";
import type { StoreEvent } from "./use-store-stream";

const STATUSES: Record<string, string> = {
  QUEUED: "The shop waits for its turn.",
  PROVISIONING: "The work on the shop began.",
  READY: "The shop is ready.",
  DEGRADED: "The shop has problems.",
  FAILED: "The work on the shop failed.",
  DELETING: "The shop is being removed.",
  DELETED: "The shop was removed.",
} satisfies Record<StoreStatus, string>;

const STEPS: Record<string, string> = {
  PENDING: "to be done",
  RUNNING: "begun",
  SUCCEEDED: "done",
  FAILED: "failed",
  SKIPPED: "not needed",
} satisfies Record<StepStatus, string>;

const REPAIRS: Record<string, string> = {
  REPAIRED: "Something in the shop was changed from outside. The platform put it right.",
  NOT_REPAIRED: "Something in the shop was changed from outside. The platform could not put it right.",
};

type Words = (event: StoreEvent) => string | null | undefined;

const WORDS: Record<string, Words> = {
  STATUS: ({ status, message }) => STATUSES[status] ?? message,
  STEP: ({ subject, status }) => `${stepTitle(subject)}: ${STEPS[status] ?? status.toLowerCase()}.`,
  REPAIR: ({ status, message }) => REPAIRS[status] ?? message,
  POD: () => null, // that single programs start and end is technical
} satisfies Record<EventKind, Words>;

export interface Happening {
  version: number;
  kind: string;
  occurredAt: string;
  words: string;
}

/** What happened to a shop, in a merchant's words, oldest first; progress within a step is left out. */
export function activityOf(events: StoreEvent[]): Happening[] {
  const last = new Map<string, string>();
  const happenings: Happening[] = [];
  for (const event of events) {
    const say = WORDS[event.kind];
    const words = say ? say(event) : event.message;
    const isNews = event.kind === "REPAIR" || last.get(event.subject) !== words;
    if (!words || !isNews) continue;
    last.set(event.subject, words);
    happenings.push({ version: event.version, kind: event.kind, occurredAt: event.occurredAt, words });
  }
  return happenings;
}

/** Everything that was recorded of a shop, as the platform words it. */
export function recordOf(events: StoreEvent[]): Happening[] {
  return events.map(({ version, kind, occurredAt, subject, status, message }) => ({
    version,
    kind,
    occurredAt,
    words: message ?? `${subject}: ${status}`,
  }));
}
