const KEY = "store-platform-token";

/**
 * Take a token out of the address (`#token=…`), where `make up` puts it, into the tab's storage, so
 * that it stays in no history and in no bookmark.
 */
export function takeTokenFromAddress(): void {
  const token = new URLSearchParams(location.hash.slice(1)).get("token");
  if (token) {
    sessionStorage.setItem(KEY, token);
    history.replaceState(null, "", location.pathname + location.search);
  }
}

export function currentToken(): string {
  return sessionStorage.getItem(KEY) ?? "";
}

export function setToken(token: string): void {
  if (token) sessionStorage.setItem(KEY, token);
  else sessionStorage.removeItem(KEY);
}

export function authorization(token: string): Record<string, string> {
  return token ? { authorization: `Bearer ${token}` } : {};
}
