import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { currentToken, setToken } from "./session";
import { acceptLink, currentLink, declineLink, openLink } from "./sign-in-link";

interface Asked {
  query: string;
  variables: Record<string, string>;
  authorization: string | undefined;
}

const ISSUED = { secret: "sp_new", token: { id: "token_9", owner: "bob" }, errors: [] };
let asked: Asked[];
let redeemed: unknown;
let people: Record<string, string>;
let otherTab: string | null;

class Channel {
  onmessage: ((event: { data: unknown }) => void) | null = null;
  postMessage() {
    if (otherTab !== null) queueMicrotask(() => this.onmessage?.({ data: { name: otherTab } }));
  }
  close() {
    this.onmessage = null;
  }
}

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout"] });
  asked = [];
  redeemed = { data: { redeemSignInCode: ISSUED } };
  people = { sp_alice: "alice" };
  otherTab = null;
  vi.stubGlobal("BroadcastChannel", Channel);
  vi.stubGlobal("fetch", (_url: string, { body, headers }: { body: string; headers: Record<string, string> }) => {
    const { query, variables } = JSON.parse(body) as Omit<Asked, "authorization">;
    asked.push({ query, variables, authorization: headers.authorization });
    const name = people[headers.authorization?.replace("Bearer ", "") ?? ""];
    const answer = query.includes("redeemSignInCode") ? redeemed : { data: { viewer: name ? { name } : null } };
    return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(new Response(JSON.stringify(answer)));
  });
});

afterEach(() => {
  declineLink();
  setToken("");
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

async function open(path: string) {
  history.pushState(null, "", path);
  const opened = openLink();
  const addressMeanwhile = location.href;
  await vi.runAllTimersAsync();
  await opened;
  return addressMeanwhile;
}

test("a code leaves the address before it is sent, and signs in where nobody is", async () => {
  expect(await open("/stores?a=1#code=spc_1")).toBe("http://localhost:3000/stores?a=1");
  expect(asked.map(({ variables, authorization }) => [variables, authorization])).toEqual([[{ code: "spc_1" }, "Bearer spc_1"]]);
  expect([currentToken(), currentLink()]).toEqual(["sp_new", { state: "none" }]);
});

test("a code is sent as the credential too, in place of that of whoever is signed in", async () => {
  setToken("sp_alice");
  await open("/stores#code=spc_1");
  expect(asked.map(({ query, authorization }) => [query.includes("redeemSignInCode"), authorization])).toEqual([
    [true, "Bearer spc_1"],
    [false, "Bearer sp_alice"],
  ]);
});

test.each(["sp_theirs", "spc_é", "spc_ 1", `spc_${"a".repeat(97)}`, ""])("what is no code is no credential: %j", async (code) => {
  setToken("sp_alice");
  await open(`/stores#code=${encodeURIComponent(code)}`);
  expect(asked[0]).toMatchObject({ variables: { code } });
  expect(asked[0]?.authorization).toBeUndefined();
});

test("an address without a code changes nothing", async () => {
  setToken("sp_alice");
  expect(await open("/stores#content")).toBe("http://localhost:3000/stores#content");
  expect([currentToken(), asked]).toEqual(["sp_alice", []]);
});

test("somebody who is signed in is asked, and becomes another only if they say so", async () => {
  setToken("sp_alice");
  await open("/stores#code=spc_1");
  expect(currentLink()).toEqual({ state: "asking", name: "bob", present: "alice", isHere: true });
  expect(currentToken()).toBe("sp_alice");
  acceptLink();
  expect([currentToken(), currentLink()]).toEqual(["sp_new", { state: "none" }]);
});

test("one who declines stays, and what was redeemed is revoked", async () => {
  setToken("sp_alice");
  await open("/stores#code=spc_1");
  declineLink();
  expect([currentToken(), currentLink()]).toEqual(["sp_alice", { state: "none" }]);
  expect(asked.at(-1)).toMatchObject({ variables: { id: "token_9" }, authorization: "Bearer sp_new" });
  expect(asked.at(-1)?.query).toContain("revokeToken");
  acceptLink();
  expect(currentToken()).toBe("sp_alice");
});

test("one whose name is not to be had is asked all the same", async () => {
  setToken("sp_alice");
  vi.stubGlobal("fetch", (_url: string, { body }: { body: string }) =>
    body.includes("viewer") ? Promise.reject(new TypeError("failed")) : Promise.resolve(new Response(JSON.stringify(redeemed))),
  );
  await open("/stores#code=spc_1");
  expect(currentLink()).toMatchObject({ state: "asking", present: "somebody" });
});

test("a session that is over is nobody's", async () => {
  setToken("sp_revoked");
  await open("/stores#code=spc_1");
  expect([currentToken(), currentLink()]).toEqual(["sp_new", { state: "none" }]);
});

test.each([
  ["carol", "asking", ""],
  ["bob", "none", "sp_new"],
])("where %s is signed in in another tab: %s", async (name, state, token) => {
  otherTab = name;
  await open("/stores#code=spc_1");
  expect([currentLink().state, currentToken()]).toEqual([state, token]);
});

test("a browser without a way between its tabs signs in", async () => {
  vi.stubGlobal("BroadcastChannel", undefined);
  await open("/stores#code=spc_1");
  expect(currentToken()).toBe("sp_new");
});

test.each([
  [{ data: { redeemSignInCode: { secret: null, token: null, errors: [{ message: "It was used." }] } } }, "It was used."],
  [{ data: null, errors: [{ message: "Too many." }] }, "Too many."],
  [{}, "The platform's answer cannot be read. Load the page again."],
  [new TypeError("failed to fetch"), "The platform did not answer. Try again in a moment."],
])("what is refused is told, and changes nothing", async (answer, message) => {
  setToken("sp_alice");
  redeemed = answer;
  expect(await open("/#code=spc_1")).toBe("http://localhost:3000/");
  expect([currentLink(), currentToken()]).toEqual([{ state: "refused", message }, "sp_alice"]);
});

test("a token in the address is taken out of it, and signs nobody in", async () => {
  expect(await open("/stores#token=sp_theirs")).toBe("http://localhost:3000/stores");
  expect([currentLink().state, currentToken(), asked]).toEqual(["refused", "", []]);
});
