import { screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, test } from "vitest";
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
  expect(await screen.findByText('{"id":"store_1"}')).toBeDefined();
  expect(container.querySelector('[data-state="stale"]')).not.toBeNull();
});

test("ready: who asked for what, and what became of it", async () => {
  show({ AuditLog: list(ENTRY) });
  expect(await screen.findByText("bob (operator)")).toBeDefined();
  expect(screen.getByText("192.0.2.7")).toBeDefined();
  expect(screen.getByText("with token_1, made by root")).toBeDefined();
  expect(screen.getByText("NOT_FOUND")).toBeDefined();
  expect(screen.getByText('{"id":"store_1"}')).toBeDefined();
  expect(screen.getByRole("link", { name: "The store" }).getAttribute("href")).toBe("/stores/store_1");
});

test("filters go to the server", async () => {
  const { asked } = show({ AuditLog: list(ENTRY) }, { at: "/audit?actor=bob" });
  await screen.findByText("bob (operator)");
  await userEvent.selectOptions(screen.getByLabelText("Outcome"), "Refused");
  expect(asked.at(-1)?.variables).toEqual({
    first: 50,
    after: null,
    filter: { actor: "bob", action: null, outcome: "REFUSED" },
  });
});
