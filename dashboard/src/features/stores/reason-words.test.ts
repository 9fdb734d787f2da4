import { readFileSync } from "node:fs";
import { buildSchema, isEnumType } from "graphql";
import { expect, test } from "vitest";
import type { ReasonCode, Role } from "@/gql/graphql";
import { aStore } from "@/testing/records";
import { backupRemedyOf, problemOf, remedyOf, restoreRemedyOf } from "./reason-words";

const type = buildSchema(readFileSync("../schema/schema.graphql", "utf8")).getType("ReasonCode");
const CODES = isEnumType(type) ? type.getValues().map(({ name }) => name as ReasonCode) : [];
const TECHNICAL = /\b(pods?|namespace|helm|cluster|container|image|node|quota|chart|kubernetes)\b/i;

test.each(CODES)("%s is told in one sentence without a technical word", (code) => {
  expect(problemOf(code)).toMatch(/^[A-Z][^.]+\.$/);
  expect(problemOf(code)).not.toMatch(TECHNICAL);
});

test("each code has a sentence of its own, and a code of a newer platform one that admits it", () => {
  expect(new Set(CODES.map(problemOf)).size).toBe(CODES.length);
  expect(problemOf("NEWER" as ReasonCode)).toBe(problemOf("OTHER"));
});

const failed = aStore({ status: "FAILED", reason: { code: "UNSCHEDULABLE", message: "" } });
const incomplete = aStore({ status: "FAILED", reason: { code: "RESTORE_INCOMPLETE", message: "" }, readyAt: null });
const passing = aStore({ status: "FAILED", reason: { code: "HELM_TIMEOUT", message: "" } });

test.each<[string, ReturnType<typeof aStore>, Role, RegExp]>([
  ["a failure that only others can mend", failed, "OPERATOR", /^Whoever runs the platform has to correct this/],
  ["a failure that one can mend oneself", failed, "ADMIN", /^The technical details say what to correct/],
  ["a failure that often passes", passing, "OPERATOR", /^This often passes: choose “Try again”/],
  ["a failure that one may only look at", failed, "VIEWER", /^Your role may look only/],
  ["a shop that lacks something of its backup", incomplete, "OPERATOR", /^Delete this shop, which was never open, and restore another backup\. Tell whoever runs/],
  ["the same for whoever runs the platform", incomplete, "ADMIN", /restore another backup\. The technical details say what is missing\.$/],
  ["the same of one that was open before", { ...incomplete, readyAt: "2026-11-24T10:01:00Z" }, "OPERATOR", /^Restore another backup\. Tell whoever runs/],
  ["the same where one may only look", incomplete, "VIEWER", /^Your role may look only/],
  ["a shop with problems", aStore({ status: "DEGRADED" }), "OPERATOR", /^The platform goes on watching the shop/],
  ["a shop that cannot be removed yet", aStore({ status: "FAILED", target: "DELETED" }), "OPERATOR", /^The platform goes on trying to remove it/],
])("what to do about %s", (_, store, role, said) => {
  expect(remedyOf(store, role)).toMatch(said);
});

test.each<[ReasonCode, Role, RegExp]>([
  ["BACKUP_TIMEOUT", "OPERATOR", /^This often passes: choose “Back up now”/],
  ["BACKUP_FAILED", "OPERATOR", /^Whoever runs the platform has to correct this/],
  ["BACKUP_FAILED", "ADMIN", /^The technical details say what to correct. Then choose “Back up now”/],
  ["BACKUP_FAILED", "VIEWER", /^Your role may look only/],
])("what to do about a backup that ended by %s, for somebody who is %s", (code, role, said) => {
  expect(backupRemedyOf(code, role)).toMatch(said);
});

test.each<[ReasonCode, Role, RegExp]>([
  ["HELM_TIMEOUT", "OPERATOR", /^This often passes: choose “Restore in place of this shop”/],
  ["RESTORE_FAILED", "ADMIN", /^The technical details say what to correct. Then choose “Restore in place of this shop”/],
  ["RESTORE_INCOMPLETE", "ADMIN", /^Restore another backup\. The technical details say what is missing\.$/],
  ["RESTORE_FAILED", "VIEWER", /^Your role may look only/],
])("what to do about a restore that ended by %s, for somebody who is %s", (code, role, said) => {
  expect(restoreRemedyOf(code, role)).toMatch(said);
});
