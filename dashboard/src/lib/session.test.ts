import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { authorization, currentToken, expireToken, followReturns, onTokenChange, openSignedIn, setToken, wasExpired } from "./session";

const KEY = "store-platform-token";

function refuse(): never {
  throw new DOMException("The operation is insecure.", "SecurityError");
}

function comeBack() {
  dispatchEvent(new PageTransitionEvent("pageshow", { persisted: true }));
}

beforeEach(() => {
  setToken("");
});

afterEach(() => {
  vi.restoreAllMocks();
  vi.resetModules();
});

/** The session as a page that is opened now has it. */
async function anew() {
  vi.resetModules();
  return import("./session");
}

test("signing in outlives a reload, and signing out forgets the token", async () => {
  setToken("sp_good");
  expect((await anew()).currentToken()).toBe("sp_good");
  setToken("");
  expect(currentToken()).toBe("");
  expect((await anew()).currentToken()).toBe("");
  expect(authorization("")).toEqual({});
  expect(authorization("sp_new")).toEqual({ authorization: "Bearer sp_new" });
});

test.each(["", "two words", "täken", "a\nb", "x".repeat(20_000)])("%j in the storage signs nobody in", async (kept) => {
  sessionStorage.setItem(KEY, kept);
  expect((await anew()).currentToken()).toBe("");
});

test("where storage is blocked one is signed in for as long as the page is open", async () => {
  vi.spyOn(Storage.prototype, "getItem").mockImplementation(refuse);
  vi.spyOn(Storage.prototype, "setItem").mockImplementation(refuse);
  vi.spyOn(Storage.prototype, "removeItem").mockImplementation(refuse);
  const session = await anew();
  session.setToken("sp_good");
  expect(session.currentToken()).toBe("sp_good");
  session.openSignedIn("sp_issued", "/stores");
  expect(session.currentToken()).toBe("sp_issued");
  session.expireToken();
  expect([session.currentToken(), session.wasExpired()]).toEqual(["", true]);
});

test("storage that is cleared while the page is open signs nobody out of it", () => {
  setToken("sp_good");
  sessionStorage.clear();
  expect(currentToken()).toBe("sp_good");
  expireToken();
  expect([currentToken(), wasExpired()]).toEqual(["", true]);
});

test("a page that the browser brings back sees who signed out or in meanwhile", () => {
  followReturns();
  setToken("sp_old");
  const seen: string[] = [];
  const stop = onTokenChange(() => seen.push(currentToken()));
  comeBack();
  expect(seen).toEqual([]);
  sessionStorage.setItem(KEY, "sp_new");
  comeBack();
  expect(seen).toEqual(["", "sp_new"]);
  sessionStorage.removeItem(KEY);
  comeBack();
  expect(currentToken()).toBe("");
  stop();
});

test("a page that was brought back and could keep nothing goes on", () => {
  followReturns();
  vi.spyOn(Storage.prototype, "setItem").mockImplementation(refuse); // full
  setToken("sp_good");
  comeBack();
  expect(currentToken()).toBe("sp_good");
});

test.each([
  ["/tokens?a=1", "/tokens?a=1"],
  ["//elsewhere.example", "//elsewhere.example"],
  ["@elsewhere.example", "/stores"],
  [".elsewhere.example", "/stores"],
])("after a provider's sign-in %s opens our own %s", (path, opened) => {
  const replace = vi.fn();
  vi.stubGlobal("location", { origin: "https://shops.example", replace });
  openSignedIn("sp_good", path);
  vi.unstubAllGlobals();
  expect(replace).toHaveBeenCalledExactlyOnceWith(`https://shops.example${opened}`);
});
