/**
 * The bearer token of whoever is signed in in this tab, shared with the GraphiQL page.
 *
 * It lives in the tab's storage: closing the tab signs out, and no other site can read it.
 */

const KEY = "store-platform-token";
const listeners = new Set<() => void>();
let hasExpired = false;

/**
 * Take a token out of the address (`#token=…`), where `make up` puts it, into the tab's storage, so
 * that it stays in no history and in no bookmark.
 */
export function takeTokenFromAddress(): void {
  const token = new URLSearchParams(location.hash.slice(1)).get("token");
  if (token) {
    // Whoever was signed in is out first, so that nothing of theirs is left on the page.
    setToken("");
    setToken(token);
    history.replaceState(null, "", location.pathname + location.search);
  }
}

export function currentToken(): string {
  return sessionStorage.getItem(KEY) ?? "";
}

/** Sign in with a token, or out with an empty one. */
export function setToken(token: string): void {
  hasExpired = false;
  if (token) sessionStorage.setItem(KEY, token);
  else sessionStorage.removeItem(KEY);
  tell();
}

/** Sign in with a token, and open a page of ours anew, without the one that is open in the history. */
export function openSignedIn(token: string, path: string): void {
  sessionStorage.setItem(KEY, token);
  // A path may look like another site's address ("//elsewhere"); behind our own origin it cannot.
  location.replace(location.origin + path);
}

/** Forget a token that the server no longer accepts. */
export function expireToken(): void {
  if (!currentToken()) return;
  sessionStorage.removeItem(KEY);
  hasExpired = true;
  tell();
}

/** Whether the person was signed out by the server, and not by themselves. */
export function wasExpired(): boolean {
  return hasExpired;
}

/** Be told when somebody signs in or out. Returns how to stop. */
export function onTokenChange(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function authorization(token: string): Record<string, string> {
  return token ? { authorization: `Bearer ${token}` } : {};
}

function tell(): void {
  for (const listener of listeners) listener();
}
