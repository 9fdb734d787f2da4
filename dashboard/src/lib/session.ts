/**
 * The bearer token of whoever is signed in in this tab, shared with the GraphiQL page.
 *
 * It lives in the tab's storage: closing the tab signs out, and no other site can read it. The page
 * has it in its own memory too, so that it goes on where storage is blocked, full, or cleared.
 */

import { keep, readKept } from "./storage";

const KEY = "store-platform-token";
/** What can stand in a header. Anything else is no token, whoever wrote it. */
const PLAUSIBLE = /^[!-~]{1,16384}$/;
const listeners = new Set<() => void>();
let token = keptToken() ?? "";
let isKept = true;
let hasExpired = false;

export function currentToken(): string {
  return token;
}

/** Sign in with a token, or out with an empty one. */
export function setToken(next: string): void {
  become(next, false);
}

/** Sign in with somebody else's token: whoever was signed in is out first, with all that was theirs. */
export function replaceToken(next: string): void {
  setToken("");
  setToken(next);
}

/** Sign in with a token, and open a page of ours anew, without the one that is open in the history. */
export function openSignedIn(next: string, path: string): void {
  // A page that is opened anew knows only what was kept.
  if (!keep("sessionStorage", KEY, next)) setToken(next);
  // A path may look like another site's address ("//elsewhere"); behind our own origin it cannot.
  else location.replace(location.origin + (path.startsWith("/") ? path : "/stores"));
}

/** Forget a token that the server no longer accepts. */
export function expireToken(): void {
  if (token) become("", true);
}

/** Whether the person was signed out by the server, and not by themselves. */
export function wasExpired(): boolean {
  return hasExpired;
}

/**
 * See who is signed in whenever the browser brings a page back as it was: meanwhile somebody may have
 * signed out, or in as somebody else, on another page of this tab.
 */
export function followReturns(): void {
  addEventListener("pageshow", ({ persisted }) => {
    if (persisted) rereadSession();
  });
}

function rereadSession(): void {
  const kept = keptToken();
  if (isKept && kept !== undefined && kept !== token) replaceToken(kept);
}

/** Be told when somebody signs in or out. Returns how to stop. */
export function onTokenChange(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Whether a text can be a token at all, whosever. */
export function isPlausible(text: string): boolean {
  return PLAUSIBLE.test(text);
}

export function authorization(given: string): Record<string, string> {
  return given ? { authorization: `Bearer ${given}` } : {};
}

function become(next: string, byTheServer: boolean): void {
  hasExpired = byTheServer;
  token = next;
  isKept = keep("sessionStorage", KEY, next);
  for (const listener of listeners) listener();
}

/** The token that is kept, "" where there is none, undefined where that cannot be known. */
function keptToken(): string | undefined {
  const kept = readKept("sessionStorage", KEY);
  if (kept === undefined) return undefined;
  return kept !== null && isPlausible(kept) ? kept : "";
}
