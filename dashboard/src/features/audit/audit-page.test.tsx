import { screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, test, vi } from "vitest";
import { type Answers, failing, nothing, renderPage } from "@/testing/platform";
import { pageOf } from "@/testing/records";
import { AuditPage } from "./audit-page";

const ENTRY = {
  __typename: "AuditEntry",
  id: "audit_1",
  occurredAt: "2026-11-24T10:00:00Z",
  actor: "bob",
  actorSource: "local",
  actorName: "bob",
  role: "OPERATOR",
  clientAddress: "192.0.2.7",
  action: "deleteStore",
  arguments: { id: "store_1" },
  outcome: "REFUSED",
  code: "NOT_FOUND",
  storeId: "store_1",
  tokenId: "token_1",
  tokenMadeBy: "root",
  tokenMadeBySource: "local",
};
const list = (...entries: object[]) => () => ({ __typename: "Query", auditLog: pageOf("AuditEntry", entries) });

interface Place {
  at?: string;
  connection?: "live" | "lost";
}

function show(answers: Answers, { at = "/audit", connection = "live" }: Place = {}) {
  return renderPage(<AuditPage />, { answers, connection, at, route: "/audit" });
}

test("loading: a skeleton", () => {
  show({ AuditLog: nothing });
  expect(screen.getByText("Loading …")).toBeDefined();
});

test("empty: what will be there", async () => {
  show({ AuditLog: list() });
  expect(await screen.findByRole("heading", { name: "Nothing is recorded" })).toBeDefined();
});

test("error: who may not look is told so", async () => {
  show({ AuditLog: failing("The audit log is for admins.", "FORBIDDEN") });
  expect((await screen.findByRole("alert")).textContent).toContain("The audit log is for admins.");
});

test("stale: what is known stays, dimmed", async () => {
  const { container } = show({ AuditLog: list(ENTRY) }, { connection: "lost" });
  expect(await screen.findByText("wanted to delete the shop")).toBeDefined();
  expect(container.querySelector('[data-state="stale"]')).not.toBeNull();
});

const named = (name: string) => () => ({ __typename: "Query", store: { __typename: "Store", id: "store_1", name } });

test("ready: who did what to which shop and when, in a sentence with a link", async () => {
  vi.useFakeTimers({ now: new Date("2026-11-24T14:00:00"), toFake: ["Date"] });
  show({ AuditLog: list({ ...ENTRY, outcome: "ACCEPTED", code: null, occurredAt: new Date("2026-11-23T09:05:00").toISOString() }), ShopName: named("blue-mug") });
  const link = await screen.findByRole("link", { name: "blue-mug" });
  expect(link.getAttribute("href")).toBe("/stores/store_1");
  expect(link.closest("p")?.textContent).toBe("bob deleted the shop blue-mug");
  expect(screen.getByText("Yesterday, 09:05")).toBeDefined();
  expect(within(screen.getByRole("listitem")).getByText("Done")).toBeDefined();
  vi.useRealTimers();
});

test("what was not done is said so, and how it was recorded is folded", async () => {
  show({ AuditLog: list(ENTRY), ShopName: named("blue-mug") });
  expect((await screen.findByRole("link", { name: "blue-mug" })).closest("p")?.textContent).toBe("bob wanted to delete the shop blue-mug");
  expect(screen.getByText("Refused: not found")).toBeDefined();
  for (const technical of ["deleteStore", '{"id":"store_1"}', "NOT_FOUND", "192.0.2.7", "token_1, made by root"]) {
    expect(screen.getByText(technical).closest("details:not([open])")).not.toBeNull();
  }
});

test.each([
  [{ action: "createStore", outcome: "ACCEPTED", arguments: { name: "tea-house" }, storeId: "store_2" }, "bob created the shop tea-house"],
  [{ action: "createStore", outcome: "ACCEPTED", arguments: { name: "tea-house", fromBackup: "backup_1_2" }, storeId: "store_2" }, "bob restored from a backup the new shop tea-house"],
  [{ action: "createStore", arguments: { name: "tea-house", fromBackup: "backup_1_2" }, storeId: null }, "bob wanted to restore from a backup the new shop tea-house"],
  [{ action: "createStore", outcome: "ACCEPTED", arguments: { name: "tea-house", fromBackup: "backup_1_2", asCopy: true }, storeId: "store_2" }, "bob made from a backup, to try things in, the copy tea-house"],
  [{ action: "createStore", arguments: { name: "tea-house", fromBackup: "backup_1_2", asCopy: true }, storeId: null }, "bob wanted to make from a backup, to try things in, the copy tea-house"],
  [{ action: "createStore", arguments: { name: "tea-house" }, storeId: null }, "bob wanted to create the shop tea-house"],
  [{ action: "restoreBackup", outcome: "ACCEPTED", arguments: { id: "backup_1_2" }, storeId: "store_1" }, "bob had a backup restored in place of the shop (show it)"],
  [{ action: "restoreBackup", arguments: { id: "backup_1_2" }, storeId: null }, "bob wanted a backup restored in place of the shop "],
  [{ action: "upgradeStore", outcome: "ACCEPTED", arguments: { id: "store_1", version: "7.2" }, storeId: "store_1" }, "bob upgraded to 7.2 the shop (show it)"],
  [{ action: "upgradeStore", arguments: { id: "store_1", version: "7.2" }, storeId: null }, "bob wanted to upgrade to 7.2 the shop "],
  [{ action: "upgradeStore", outcome: "ACCEPTED", arguments: { id: "store_1" }, storeId: "store_1" }, "bob upgraded the shop (show it)"],
  [{ action: "rollbackStore", outcome: "ACCEPTED", arguments: { id: "store_1" }, storeId: "store_1" }, "bob took back the upgrade of the shop (show it)"],
  [{ action: "SIGN_IN", actor: null, actorName: null, arguments: {}, storeId: null }, "Somebody could not sign in "],
  [{ action: "paintStore", outcome: "ACCEPTED", arguments: null, storeId: null }, "bob did paintStore "],
])("an entry of %j", async (given, said) => {
  show({ AuditLog: list({ ...ENTRY, ...given }) });
  const row = await screen.findByRole("listitem");
  expect(row.querySelector("p")?.textContent).toBe(said);
});

test("filters go to the server", async () => {
  const { asked } = show({ AuditLog: list(ENTRY) }, { at: "/audit?actor=bob" });
  await screen.findByText("wanted to delete the shop");
  await userEvent.selectOptions(screen.getByLabelText("Outcome"), "Refused");
  await userEvent.selectOptions(screen.getByLabelText("What"), "Deleting a shop");
  const last = asked.filter(({ name }) => name === "AuditLog").at(-1);
  expect(last?.variables).toEqual({
    first: 50,
    after: null,
    filter: { actor: "bob", action: "deleteStore", outcome: "REFUSED", storeId: null },
  });
});

const byName = (found: boolean) => () => ({ __typename: "Query", storeByName: found ? { __typename: "Store", id: "store_1", name: "blue-mug" } : null });

test("a shop is chosen by its name, and taken back", async () => {
  const { asked } = show({ AuditLog: list(ENTRY), ShopName: named("blue-mug"), ShopId: byName(true) });
  const storeOf = () => (asked.filter(({ name }) => name === "AuditLog").at(-1)?.variables.filter as { storeId: string | null }).storeId;
  await userEvent.type(await screen.findByLabelText("Shop"), "blue-mug{Enter}");
  await userEvent.click(await screen.findByRole("button", { name: "Show all shops" }));
  expect(screen.getByLabelText("Shop")).toBeDefined();
  const asking = asked.filter(({ name }) => name === "AuditLog").map(({ variables }) => (variables.filter as { storeId: string | null }).storeId);
  expect(asking).toContain("store_1");
  expect(storeOf()).toBeNull();
});

test("a name that no shop has is said so at the field", async () => {
  const { asked } = show({ AuditLog: list(ENTRY), ShopId: byName(false) });
  await userEvent.type(await screen.findByLabelText("Shop"), "gone{Enter}");
  expect((await screen.findByRole("alert")).textContent).toContain("There is no shop of this name now.");
  expect(asked.filter(({ name }) => name === "AuditLog").every(({ variables }) => (variables.filter as { storeId: string | null }).storeId === null)).toBe(true);
});
