import type { OperationFactsFragment, OperationKind, OperationStatus } from "@/gql/graphql";
import { isCopy, isFromBackup } from "@/lib/from-backup";
import { duration } from "@/lib/time";
import { upgradeVersionIn } from "@/lib/upgrade-version";
import { titleOf } from "@/lib/words";
import type { Happening } from "./activity";
import { isReturn } from "./store-facts";

const KINDS: Record<string, string> = {
  CREATE: "Creation",
  RETRY: "Another try",
  DELETE: "Deletion",
  BACKUP: "Backup",
  RESTORE: "Restore of a backup in place of the shop",
  SUSPEND: "Pause",
  RESUME: "Opening again",
  RESTART: "Restart",
  PLAN: "Change of the plan",
  UPGRADE: "Upgrade",
  RESET_PASSWORD: "New password of the administrator",
} satisfies Record<OperationKind, string>;

const STATUSES: Record<string, string> = {
  QUEUED: "waits for its turn",
  RUNNING: "under way",
  SUCCEEDED: "done",
  FAILED: "failed",
  CANCELLED: "stopped",
} satisfies Record<OperationStatus, string>;

/** The operations of a shop in words, oldest first; they come newest first. */
export function historyOf(operations: OperationFactsFragment[]): Happening[] {
  return operations.toReversed().map((operation) => ({
    version: operation.number,
    kind: operation.kind,
    occurredAt: operation.queuedAt,
    words: wordsOf(operation),
  }));
}

/** What the platform does by itself where a backup could not be restored, or an upgrade failed. */
const RETURN = "Return of the shop as it was";

/** Such as "Creation, asked for by Ada: done in 21 s." What the platform does by itself, nobody asked for. */
function wordsOf(operation: OperationFactsFragment): string {
  const { kind, status, askedByName, parameters, startedAt, finishedAt } = operation;
  const ofCopy = isCopy(parameters) ? " of a copy" : "";
  const version = kind === "UPGRADE" ? upgradeVersionIn(parameters) : undefined;
  const done = isReturn({ operation }) ? RETURN : (KINDS[kind] ?? titleOf(kind));
  const what = done + (version ? ` to ${version}` : "") + ofCopy + (isFromBackup(parameters) ? " from a backup" : "");
  const who = askedByName ? `, asked for by ${askedByName}` : "";
  const took = status === "SUCCEEDED" && startedAt && finishedAt ? ` in ${duration(Date.parse(finishedAt) - Date.parse(startedAt))}` : "";
  return `${what}${who}: ${STATUSES[status] ?? titleOf(status)}${took}.`;
}
