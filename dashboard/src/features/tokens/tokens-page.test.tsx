import { screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, test, vi } from "vitest";
import { type Answers, nothing, renderPage, unreachable, viewer } from "@/testing/platform";
import { pageOf } from "@/testing/records";
import { TokensPage } from "./tokens-page";

const TOKEN = {
  __typename: "AccessToken",
  id: "token_1",
  owner: "ada",
  ownerSource: "local",
  ownerName: "ada",
  role: "OPERATOR",
  description: "deploy script",
  createdAt: "2026-11-24T10:00:00Z",
  expiresAt: null,
  lastUsedAt: null,
  revokedAt: null,
  madeBy: "root",
  madeBySource: "local",
};
const list = (...tokens: object[]) => () => ({ __typename: "Query", tokens: pageOf("AccessToken", tokens) });

function show(answers: Answers, connection: "live" | "lost" = "live") {
  return renderPage(<TokensPage />, { answers, connection, at: "/tokens", route: "/tokens" });
}

test("loading: a skeleton", () => {
  show({ Tokens: nothing });
  expect(screen.getByText("Loading …")).toBeDefined();
});

test("empty: what tokens are for", async () => {
  show({ Tokens: list() });
  expect(await screen.findByRole("heading", { name: "No token is in use" })).toBeDefined();
});

test("error: the way to try again", async () => {
  show({ Tokens: unreachable });
  expect(await screen.findByRole("button", { name: "Try again" })).toBeDefined();
});

test("stale: what is known stays, dimmed", async () => {
  const { container } = show({ Tokens: list(TOKEN) }, "lost");
  expect(await screen.findByText("deploy script")).toBeDefined();
  expect(container.querySelector('[data-state="stale"]')).not.toBeNull();
});

test("ready: whose it is, what it allows, and its revocation", async () => {
  const { asked } = show({ Tokens: list(TOKEN), RevokeToken: nothing });
  expect(await screen.findByText("ada · operator")).toBeDefined();
  expect(screen.getByText("Does not expire")).toBeDefined();
  expect(screen.getByText("by root")).toBeDefined();
  await userEvent.click(screen.getByRole("button", { name: "Revoke deploy script" }));
  await userEvent.click(screen.getByRole("button", { name: "Revoke" }));
  expect(asked.at(-1)).toEqual({ name: "RevokeToken", variables: { input: { id: "token_1" } } });
});

test.each([
  [{ expiresAt: "2028-03-14T12:00:00Z" }, "Expires 14 March 2028"],
  [{ expiresAt: "2026-11-24T15:00:00Z" }, "Expires in 3 hours"],
  [{ expiresAt: "2026-11-24T09:00:00Z" }, "Expired 3 hours ago"],
  [{ expiresAt: "2025-03-14T12:00:00Z", revokedAt: "2025-03-01T12:00:00Z" }, "Revoked 1 March 2025"],
])("a token with %j: %s", async (given, said) => {
  vi.useFakeTimers({ now: Date.parse("2026-11-24T12:00:00Z"), toFake: ["Date"] });
  show({ Tokens: list({ ...TOKEN, ...given }) });
  const row = await screen.findByRole("listitem");
  expect(row.textContent).toContain(said);
  vi.useRealTimers();
});

test("a new token's secret is shown once", async () => {
  const payload = { __typename: "CreateTokenPayload", secret: "sp_secret", token: { ...TOKEN, id: "token_2" }, errors: [] };
  const { asked } = show({ Tokens: list(TOKEN), CreateToken: () => ({ createToken: payload }) });
  await userEvent.click(await screen.findByRole("button", { name: "New token" }));
  await userEvent.type(screen.getByLabelText("What it is for"), "backup");
  await userEvent.click(screen.getByRole("button", { name: "Make the token" }));
  expect(await screen.findByText("sp_secret")).toBeDefined();
  expect(asked.find(({ name }) => name === "CreateToken")?.variables).toEqual({
    input: { owner: null, role: "OPERATOR", description: "backup", expiresInDays: 90 },
  });
  await userEvent.click(screen.getByRole("button", { name: "I have copied it" }));
  expect(screen.queryByText("sp_secret")).toBeNull();
});

test.each([
  ["2026-12-24T12:00:00Z", "7 days30 daysAs long as what I am signed in with", null],
  ["2026-11-25T12:00:00Z", "As long as what I am signed in with", null],
  ["2028-01-01T00:00:00Z", "7 days30 days90 days365 daysAs long as what I am signed in with", 90],
])("who is signed in until %s is offered %j", async (tokensEndBy, offered, expiresInDays) => {
  vi.useFakeTimers({ now: Date.parse("2026-11-24T12:00:00Z"), toFake: ["Date"] });
  const payload = { __typename: "CreateTokenPayload", secret: "sp_secret", token: { ...TOKEN, id: "token_2" }, errors: [] };
  const { asked } = show({
    Viewer: viewer("OPERATOR", { tokensEndBy }),
    Tokens: list(TOKEN),
    CreateToken: () => ({ createToken: payload }),
  });
  await userEvent.click(await screen.findByRole("button", { name: "New token" }));
  expect((await screen.findByLabelText("How long")).textContent).toBe(offered);
  await userEvent.click(screen.getByRole("button", { name: "Make the token" }));
  expect(await screen.findByText("sp_secret")).toBeDefined();
  expect(asked.find(({ name }) => name === "CreateToken")?.variables.input).toMatchObject({ expiresInDays });
  vi.useRealTimers();
});

test("nobody is offered a role above their own", async () => {
  show({ Tokens: list(TOKEN) });
  await userEvent.click(await screen.findByRole("button", { name: "New token" }));
  const roles = await screen.findByLabelText("What it allows");
  expect(roles.textContent).toBe("Viewer: sees storesOperator: creates and deletes stores too");
  expect(screen.queryByLabelText("Whose it is")).toBeNull();
});

test("a viewer is offered no new token, told who can help, and revokes only what allows no more", async () => {
  const look = { ...TOKEN, id: "token_2", role: "VIEWER", description: "wall screen" };
  show({ Viewer: viewer("VIEWER"), Tokens: list(TOKEN, look) });
  expect(await screen.findByText(/ask an admin for the role operator/)).toBeDefined();
  expect(await screen.findByRole("button", { name: "Revoke wall screen" })).toBeDefined();
  expect(screen.queryByRole("button", { name: "Revoke deploy script" })).toBeNull();
  expect(screen.queryByRole("button", { name: "New token" })).toBeNull();
});
