import type { ReasonCode, Role, StoreSummaryFragment } from "@/gql/graphql";
import { isLeaving } from "./store-facts";

/** What is wrong, in one sentence that a merchant understands. */
const PROBLEMS = {
  NAMESPACE_TERMINATING: "The private space of this shop is just being cleared, so nothing new can be put into it.",
  IMAGE_NOT_FOUND: "A part of the shop software could not be found where it is kept.",
  IMAGE_PULL_FAILED: "A part of the shop software could not be downloaded.",
  BAD_CONTAINER_CONFIG: "A part of the shop is not configured in a way that lets it start.",
  CONTAINER_CANNOT_RUN: "A part of the shop software cannot be started.",
  OUT_OF_MEMORY: "A part of the shop needs more memory than it may use.",
  CRASH_LOOP: "A part of the shop starts and stops again and again.",
  SETUP_JOB_FAILED: "The shop started, but setting it up failed.",
  QUOTA_EXCEEDED: "The shop needs more computing power, memory or disk than it may use.",
  ADMISSION_REFUSED: "The rules of this platform’s computers do not let a part of the shop start.",
  VOLUME_UNBOUND: "There is no disk for the shop’s data.",
  VOLUME_MOUNT_FAILED: "The disk with the shop’s data could not be connected.",
  UNSCHEDULABLE: "No computer of this platform has room for a part of the shop.",
  ADMISSION_WEBHOOK_FAILED: "A check that this platform makes before anything starts gives no answer.",
  CLUSTER_REFUSED: "The platform’s computers refused a step of the work on this shop.",
  HELM_MISSING: "The platform lacks the program that installs shops.",
  HELM_FAILED: "Installing or removing the shop software failed.",
  HELM_TIMEOUT: "Installing or removing the shop software took too long.",
  CANNOT_BE_CHANGED: "The place where the shop keeps its data cannot be changed as the work needs.",
  ENGINE_MISSING: "This shop software, or this version of it, is not offered any more.",
  NOT_READY_IN_TIME: "The shop did not become ready in time.",
  INTERNAL: "The platform made a mistake of its own.",
  NOT_READY: "The shop was ready, but a part of it does not run at the moment.",
  NAMESPACE_LOST: "Somebody removed this shop from outside the platform, with all its data.",
  NAMESPACE_STUCK: "Something in the shop’s private space prevents its removal.",
  NOT_DELETED_IN_TIME: "The shop could not be removed in time.",
  NOT_CLOSED_IN_TIME: "The shop did not stop in time.",
  BACKUP_FAILED: "The shop could not be copied to where backups are kept.",
  BACKUP_INCOMPLETE: "The backup does not have all that it should, so it does not count.",
  BACKUP_NOT_SET_UP: "Backups are not set up for this shop.",
  BACKUP_TIMEOUT: "The backup took too long.",
  RESTORE_FAILED: "The backup could not be loaded into this shop.",
  RESTORE_INCOMPLETE: "Something of the backup did not arrive in this shop.",
  PASSWORD_NOT_SET: "The administrator’s new password could not be set in the shop.",
  OTHER: "Something is wrong with this shop that this page has no words for.",
} satisfies Record<ReasonCode, string>;

/** Problems that are often gone at the next try, without anybody's help. */
const PASSING: ReasonCode[] = [
  "NAMESPACE_TERMINATING", "IMAGE_PULL_FAILED", "VOLUME_MOUNT_FAILED", "ADMISSION_WEBHOOK_FAILED",
  "HELM_TIMEOUT", "NOT_READY_IN_TIME", "INTERNAL", "BACKUP_INCOMPLETE", "BACKUP_TIMEOUT",
  "NOT_CLOSED_IN_TIME",
];

/** A reason in a sentence; a code of a newer platform has none of its own. */
export function problemOf(code: ReasonCode): string {
  return (PROBLEMS as Partial<Record<string, string>>)[code] ?? PROBLEMS.OTHER;
}

/** What can be done about a store's problem by whoever looks at it, as far as their role is known. */
export function remedyOf(store: Pick<StoreSummaryFragment, "status" | "target" | "reason" | "readyAt">, role: Role | undefined): string {
  const ask = askedBy(role);
  if (isLeaving(store)) return `The platform goes on trying to remove it. If this lasts, ${ask}.`;
  if (store.status !== "FAILED") return `The platform goes on watching the shop. If this lasts, ${ask}.`;
  if (store.reason?.code === "RESTORE_INCOMPLETE") return remedyOfIncomplete(role, store.readyAt != null);
  return remedyByTrying(store.reason?.code, role, "Try again");
}

/** What to do about a shop that lacks something of its backup: another try would load the same again. */
function remedyOfIncomplete(role: Role | undefined, wasOpen: boolean): string {
  if (role === "VIEWER") return "Your role may look only: the shop’s owner, or whoever runs the platform, can restore another backup.";
  const tell = role === "ADMIN" ? "The technical details say what is missing." : "Tell whoever runs the platform of this one.";
  return `${wasOpen ? "Restore another backup." : "Delete this shop, which was never open, and restore another backup."} ${tell}`;
}

/** What can be done about a backup that could not be put in the place of a shop. */
export function restoreRemedyOf(code: ReasonCode | undefined, role: Role | undefined): string {
  if (code === "RESTORE_INCOMPLETE") return remedyOfIncomplete(role, true);
  return remedyByTrying(code, role, "Restore in place of this shop");
}

/** What can be done about a backup that has failed. */
export function backupRemedyOf(code: ReasonCode | undefined, role: Role | undefined): string {
  return remedyByTrying(code, role, "Back up now");
}

/** What to do about a failure, where a button begins the work anew. */
export function remedyByTrying(code: ReasonCode | undefined, role: Role | undefined, button: string): string {
  if (role === "VIEWER") return "Your role may look only: the shop’s owner, or whoever runs the platform, can try again.";
  if (code && PASSING.includes(code)) return `This often passes: choose “${button}”. If it fails again, ${askedBy(role)}.`;
  if (role === "ADMIN") return `The technical details say what to correct. Then choose “${button}”.`;
  return `Whoever runs the platform has to correct this: show them the technical details. Then choose “${button}”.`;
}

/** Whom to ask if a problem lasts, after a comma. */
export function askedBy(role: Role | undefined): string {
  return role === "ADMIN" ? "the technical details say what to correct" : "tell whoever runs the platform";
}
