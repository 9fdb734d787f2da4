import type { ReasonCode, Role, StoreDetailsFragment } from "@/gql/graphql";
import { askedBy, remedyByTrying } from "./reason-words";
import { inWordsOf } from "./refusal-words";
import { canBeOpened, isLeaving, isRestartGivenUp } from "./store-facts";

export const RESTART = "Restart shop";

/** When a restart is worth a try, and what shoppers notice of it, in sentences. */
export const WHAT_IT_HELPS = "A restart often helps when the shop is slow, or a part of it hangs.";
export const WHAT_SHOPPERS_NOTICE = "Shoppers may have to wait for some seconds.";

/** Problems that are often gone once everything has started anew. With others it would start no better, and what still runs would be stopped. */
const HELPED: ReasonCode[] = ["NOT_READY", "CRASH_LOOP", "OUT_OF_MEMORY", "VOLUME_MOUNT_FAILED"];

/** Whether to restart the shop is the first thing to try about its problem. */
export function isRestartAdvised(store: StoreDetailsFragment): boolean {
  const isHelped = store.reason != null && HELPED.includes(store.reason.code);
  return isHelped && canBeOpened(store) && !isLeaving(store) && !isRestartGivenUp(store);
}

/** What can be done about a problem where a restart is the first thing to try. */
export function remedyByRestarting(role: Role | undefined): string {
  return `A restart often helps: choose “${RESTART}”. If it does not, ${askedBy(role)}.`;
}

/** What can be done about a shop that could not be restarted. */
export function restartRemedyOf(code: ReasonCode | undefined, role: Role | undefined): string {
  return remedyByTrying(code, role, RESTART);
}

/** What the API tells programs in words of its own. */
const REFUSALS: Record<string, string> = {
  NOT_READY: "This shop cannot be restarted as it is now. Its page says how it is doing.",
};

/** A payload with its errors as people are told them. */
export function inWords(payload: Parameters<typeof inWordsOf>[1]) {
  return inWordsOf(REFUSALS, payload);
}
