import type { EventKind, OperationStatus, StepStatus, StoreStatus } from "@/gql/graphql";
import { isOfTask, stepTitle } from "./step-words";
import type { StoreEvent } from "./use-store-stream";

const STATUSES: Record<string, string> = {
  QUEUED: "The shop waits for its turn.",
  PROVISIONING: "The work on the shop began.",
  UPDATING: "The shop gets its new version.",
  READY: "The shop is ready.",
  DEGRADED: "The shop has problems.",
  FAILED: "The work on the shop failed.",
  SUSPENDED: "The shop is paused.",
  DELETING: "The shop is being removed.",
  DELETED: "The shop was removed.",
} satisfies Record<StoreStatus, string>;

const STEPS: Record<string, string | null> = {
  PENDING: null,
  RUNNING: "begun",
  SUCCEEDED: "done",
  FAILED: "failed",
  SKIPPED: null, // it was not needed, which is no news
} satisfies Record<StepStatus, string | null>;

const REPAIRS: Record<string, string> = {
  REPAIRED: "Something in the shop was changed from outside. The platform put it right.",
  NOT_REPAIRED: "Something in the shop was changed from outside. The platform could not put it right.",
};

/** Of the work that leaves a shop's status as it is, by its kind and status. */
const TASKS: Record<string, Record<string, string | null>> = {
  BACKUP: {
    QUEUED: null, // it begins soon
    RUNNING: "A backup was begun.",
    SUCCEEDED: "The shop was backed up.",
    FAILED: "A backup could not be made.",
    CANCELLED: "A backup was stopped.",
  } satisfies Record<OperationStatus, string | null>,
  RESTORE: {
    QUEUED: null, // it begins soon
    RUNNING: "The shop is closed and saved as it is, before a backup takes its place.",
    SUCCEEDED: "The shop was saved as it was, before a backup takes its place.",
    FAILED: "The shop could not be saved as it is, so no backup was put in its place.",
    CANCELLED: "The restore of a backup was stopped.",
  } satisfies Record<OperationStatus, string | null>,
  SUSPEND: {
    QUEUED: null, // it begins soon
    RUNNING: "The shop is being paused.",
    SUCCEEDED: null, // its status tells
    FAILED: "The shop could not be paused, and is open as before.",
    CANCELLED: "The shop was not paused.",
  } satisfies Record<OperationStatus, string | null>,
  RESTART: {
    QUEUED: null, // it begins soon
    RUNNING: "The shop is being restarted.",
    SUCCEEDED: "The shop was restarted.",
    FAILED: "The shop could not be restarted.",
    CANCELLED: "The restart of the shop was stopped.",
  } satisfies Record<OperationStatus, string | null>,
  PLAN: {
    QUEUED: null, // it begins soon
    RUNNING: "The shop is getting another plan.",
    SUCCEEDED: "The shop has its new plan.",
    FAILED: "The shop could not get its new plan.",
    CANCELLED: "The change of the shop’s plan was stopped.",
  } satisfies Record<OperationStatus, string | null>,
  UPGRADE: {
    QUEUED: null, // it begins soon
    RUNNING: "The upgrade of the shop began: it is closed and saved as it is first.",
    SUCCEEDED: "The shop was saved as it was, before it is upgraded.",
    FAILED: "The shop could not be upgraded, and is open as before.",
    CANCELLED: "The upgrade of the shop was stopped.",
  } satisfies Record<OperationStatus, string | null>,
  RESET_PASSWORD: {
    QUEUED: null, // it begins soon
    RUNNING: "The shop’s administrator gets a new password.",
    SUCCEEDED: "The shop’s administrator got a new password.",
    FAILED: "The new password of the shop’s administrator could not be set. The one of before stays.",
    CANCELLED: "The new password of the shop’s administrator was not set.",
  } satisfies Record<OperationStatus, string | null>,
};

/** Of a backup of which a shop is made, to see whether that can be done. */
const CHECKS: Record<string, string | null> = {
  RUNNING: "A backup is being checked: a shop is made of it that nobody sees.",
  SUCCEEDED: "A backup was checked: a shop could be made of it.",
  FAILED: "A backup was checked: no shop could be made of it.",
  CANCELLED: "A backup could not be checked.",
};

/** Of an offer of the shop to another owner; who it is to stands among what was recorded. */
const TRANSFERS: Record<string, string> = {
  OFFERED: "The shop was offered to another owner.",
  ACCEPTED: "The shop has another owner.",
  DECLINED: "The offer of the shop was declined.",
  WITHDRAWN: "The offer of the shop was withdrawn.",
  EXPIRED: "The offer of the shop has run out.",
};

type Words = (event: StoreEvent) => string | null | undefined;

const WORDS: Record<string, Words> = {
  STATUS: ({ status, message }) => STATUSES[status] ?? message,
  STEP: ({ subject, status, message }) => {
    if (isOfTask(subject)) return null; // its beginning and its end are told as a whole
    const became = STEPS[status];
    return became === undefined ? message : became && `${stepTitle(subject)}: ${became}.`;
  },
  REPAIR: ({ status, message }) => REPAIRS[status] ?? message,
  TASK: (event) => {
    const { subject, status, message } = event;
    const words = TASKS[subject]?.[isSaved(event) ? "SUCCEEDED" : status];
    return words === undefined ? message : words;
  },
  CHECK: ({ status, message }) => CHECKS[status] ?? message,
  RENAME: () => "The shop was renamed.",
  TRANSFER: ({ status, message }) => TRANSFERS[status] ?? message,
  POD: () => null, // that single programs start and end is technical
} satisfies Record<EventKind, Words>;

/** Whether a shop was saved before a backup takes its place, or before it is upgraded: the task says RUNNING once more then, with what was saved, since its operation goes on. */
function isSaved({ subject, status, message }: StoreEvent): boolean {
  return (subject === "RESTORE" || subject === "UPGRADE") && status === "RUNNING" && message != null;
}

export interface Happening {
  version: number;
  kind: string;
  occurredAt: string;
  words: string;
}

/** What happened to a shop, in a merchant's words, oldest first: of what has ended, only its end. */
export function activityOf(events: StoreEvent[]): Happening[] {
  const happenings = new Map<string, Happening>();
  for (const event of events) {
    const { version, kind, occurredAt, subject, status, message } = event;
    const say = WORDS[kind];
    const words = say ? say(event) : message;
    // What is under way has one place, which its end takes; what else happens stays.
    const isWork = kind === "STEP" || kind === "TASK" || kind === "CHECK";
    const isUnderWay = isWork && status === "RUNNING" && !(kind === "TASK" && isSaved(event));
    const work = `${kind} ${subject}`;
    if (isWork && !isUnderWay) happenings.delete(work);
    const place = isUnderWay ? work : String(version);
    if (words && !happenings.has(place)) happenings.set(place, { version, kind, occurredAt, words });
  }
  return withoutRepeats([...happenings.values()]);
}

/** The store tells its status with each change of its reason too. */
function withoutRepeats(happenings: Happening[]): Happening[] {
  return happenings.filter(({ kind, words }, index) => kind !== "STATUS" || words !== happenings[index - 1]?.words);
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
