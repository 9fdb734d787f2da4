import { inWordsOf } from "./refusal-words";

/** What the API tells programs in words of its own, where a backup takes the place of a shop. */
export const RESTORE_REFUSALS: Record<string, string> = {
  BACKUP_UNKNOWN: "This backup is not there any more. Keep the shop as it is, and choose another one.",
  NOT_READY: "The shop cannot be saved as it is at the moment. Its page says how it is doing.",
};

/** A payload with its errors as people are told them. */
export function inWords(payload: Parameters<typeof inWordsOf>[1]) {
  return inWordsOf(RESTORE_REFUSALS, payload);
}
