import { expect, test } from "vitest";
import type { StoreStatus } from "@/gql/graphql";
import { aDetailedStore, anOperation, aStep } from "@/testing/records";
import { milestonesOf } from "./store-facts";

const READY_AT = "2026-11-24T10:01:00Z";
const FAILED_AT = "2026-11-24T10:05:00Z";
const PAUSED_AT = "2026-11-24T10:07:00Z";
const GONE_AT = "2026-11-24T10:09:00Z";
const FAILED_STEP = aStep({ status: "FAILED", finishedAt: FAILED_AT });
const became = { name: "Last became ready", at: READY_AT };

test.each<[StoreStatus, ReturnType<typeof milestonesOf>]>([
  ["QUEUED", [became]],
  ["PROVISIONING", [became]],
  ["UPDATING", [became]],
  ["READY", [{ name: "Ready since", at: READY_AT }]],
  ["DEGRADED", [became]],
  ["FAILED", [became, { name: "Failed since", at: FAILED_AT }]],
  ["SUSPENDED", [became, { name: "Paused since", at: PAUSED_AT }]],
  ["DELETING", [became]],
  ["DELETED", [became, { name: "Gone since", at: GONE_AT }]],
])("of a store that is %s only what holds now is said to be so since then", (status, said) => {
  const store = aDetailedStore({ status, readyAt: READY_AT, suspendedAt: PAUSED_AT, deletedAt: GONE_AT, steps: [aStep(), FAILED_STEP] });
  expect(milestonesOf(store)).toEqual(said);
});

test("since when a store has failed is not read from a backup that failed", () => {
  const operation = anOperation({ kind: "BACKUP", status: "FAILED" });
  const store = aDetailedStore({ status: "FAILED", readyAt: READY_AT, operation, steps: [FAILED_STEP] });
  expect(milestonesOf(store)).toEqual([became]);
});

test("nor from a restore that was given up before anything was removed", () => {
  const operation = anOperation({ kind: "RESTORE", status: "FAILED" });
  const saving = [FAILED_STEP, aStep({ name: "REMOVE", status: "PENDING", startedAt: null, finishedAt: null })];
  expect(milestonesOf(aDetailedStore({ status: "FAILED", readyAt: READY_AT, operation, steps: saving }))).toEqual([became]);
  const loading = [aStep({ name: "REMOVE" }), FAILED_STEP];
  expect(milestonesOf(aDetailedStore({ status: "FAILED", readyAt: READY_AT, operation, steps: loading }))).toEqual([became, { name: "Failed since", at: FAILED_AT }]);
});

test("of a store that never was ready nothing of the kind is said", () => {
  expect(milestonesOf(aDetailedStore({ status: "PROVISIONING", readyAt: null, deletedAt: null }))).toEqual([]);
});
