import type { ReasonCode, Role, StoreSummaryFragment, ViewerQuery } from "@/gql/graphql";
import { remedyByTrying } from "./reason-words";
import { inWordsOf } from "./refusal-words";

export const PAUSE = "Pause shop";
export const OPEN_AGAIN = "Open shop again";

/** What becomes of a shop's visitors and of what is in it while it is paused, in sentences. */
export const WHAT_VISITORS_SEE = "Visitors see a page that says that the shop is closed for now.";
export const WHAT_IS_KEPT = "Nothing is lost: its data, its address and its backups are kept.";

/** Whether a paused shop counts in how many stores somebody may have, in a sentence or two. */
export function countInWords({ viewer, platform }: ViewerQuery, store: Pick<StoreSummaryFragment, "owner" | "ownerSource">): string {
  const isOwn = viewer.name === store.owner && viewer.source === store.ownerSource;
  const limit = `how many stores ${isOwn ? "you" : "its owner"} may have`;
  return platform.countsSuspendedStores
    ? `It still counts towards ${limit}.`
    : `It does not count towards ${limit} until it is opened again. A place must be free then.`;
}

/** What can be done about a shop that could not be paused. */
export function pauseRemedyOf(code: ReasonCode | undefined, role: Role | undefined): string {
  return remedyByTrying(code, role, PAUSE);
}

/** What the API tells programs in words of its own. */
const REFUSALS: Record<string, string> = {
  NOT_SUSPENDABLE: "This shop cannot be paused as it is now. Its page says how it is doing.",
  NOT_SUSPENDED: "This shop is not paused any more. Its page says how it is doing.",
  USER_QUOTA_REACHED:
    "There is no place for it: paused shops do not count, and its owner has as many others as they may have. Pause or delete another one, or ask whoever runs the platform for more.",
  PLATFORM_QUOTA_REACHED: "There is no place for it: this platform has as many shops as it may have, and paused ones do not count. Try again later, or ask whoever runs the platform.",
};

/** A payload with its errors as people are told them. */
export function inWords(payload: Parameters<typeof inWordsOf>[1]) {
  return inWordsOf(REFUSALS, payload);
}
