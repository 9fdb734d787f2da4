import { inWordsOf } from "./refusal-words";

export const GIVE = "Give this shop to somebody else";

/** What a new owner has to do, since somebody else knew the shop before them. */
export const WHAT_TO_DO = "Whoever had it before may know its admin password: sign in to its admin, set a new one, and look through its other accounts.";

/** What the API tells programs in words of its own. */
const REFUSALS: Record<string, string> = {
  FORBIDDEN: "For this you have to sign in yourself: with the issuer, or with a token that nobody else has made for you.",
  NOT_FOUND: "This shop is not offered to you any more: the offer was withdrawn, or has run out.",
  NO_OFFER: "This shop is not offered to anybody any more.",
  NOT_TRANSFERABLE: "This shop cannot be given to anybody at the moment.",
};

/** A payload with its errors as people are told them. */
export function inWords(payload: Parameters<typeof inWordsOf>[1]) {
  return inWordsOf(REFUSALS, payload);
}
