import type { OperationFactsFragment, OperationKind, OperationStatus } from "@/gql/graphql";
import { isCopy, isFromBackup } from "@/lib/from-backup";
import { duration } from "@/lib/time";
import { titleOf } from "@/lib/words";
import type { Happening } from "./activity";

const KINDS: Record<string, string> = {
  CREATE: "Creation",
  RETRY: "Another try",
  DELETE: "Deletion",
  BACKUP: "Backup",
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

/** Such as "Creation, asked for by Ada: done in 21 s." What the platform does by itself, nobody asked for. */
function wordsOf({ kind, status, askedByName, parameters, startedAt, finishedAt }: OperationFactsFragment): string {
  const ofCopy = isCopy(parameters) ? " of a copy" : "";
  const what = (KINDS[kind] ?? titleOf(kind)) + ofCopy + (isFromBackup(parameters) ? " from a backup" : "");
  const who = askedByName ? `, asked for by ${askedByName}` : "";
  const took = status === "SUCCEEDED" && startedAt && finishedAt ? ` in ${duration(Date.parse(finishedAt) - Date.parse(startedAt))}` : "";
  return `${what}${who}: ${STATUSES[status] ?? titleOf(status)}${took}.`;
}
