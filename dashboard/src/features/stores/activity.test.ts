import { expect, test } from "vitest";
import { activityOf, recordOf } from "./activity";
import type { StoreEvent } from "./use-store-stream";

let version = 0;

function event(given: Partial<StoreEvent>): StoreEvent {
  version += 1;
  return { version, kind: "STATUS", subject: "store", status: "READY", message: "The store is READY.", occurredAt: "2026-11-24T10:00:00Z", ...given };
}

const pod = event({ kind: "POD", subject: "web-1", status: "Pending", message: "Pod web-1 is Pending." });
const step = (status: string, message = "waiting") => event({ kind: "STEP", subject: "SETUP_JOB", status, message });
const wordsOf = (...events: StoreEvent[]) => activityOf(events).map(({ words }) => words);

test("activity says what a merchant wants to know", () => {
  expect(wordsOf(event({ status: "PROVISIONING" }), step("RUNNING"), pod, step("SUCCEEDED"), event({}), event({ message: "Again." }))).toEqual([
    "The work on the shop began.",
    "Set up the shop: done.",
    "The shop is ready.",
  ]);
});

test("a step that is under way is told once, however much it says meanwhile", () => {
  expect(wordsOf(step("RUNNING"), step("RUNNING", "still waiting"))).toEqual(["Set up the shop: begun."]);
});

test("another try at a step is told too, and one that was not needed is not", () => {
  expect(wordsOf(step("RUNNING"), step("FAILED"), step("RUNNING"))).toEqual(["Set up the shop: failed.", "Set up the shop: begun."]);
  expect(wordsOf(step("RUNNING"), step("SKIPPED"))).toEqual([]);
});

test("a backup is told as a whole: that it began, or how it ended", () => {
  const task = (status: string) => event({ kind: "TASK", subject: "BACKUP", status, message: "Ada asked for a backup." });
  const save = (status: string) => event({ kind: "STEP", subject: "SAVE", status });
  expect(wordsOf(task("QUEUED"), task("RUNNING"), save("RUNNING"))).toEqual(["A backup was begun."]);
  expect(wordsOf(task("QUEUED"), task("RUNNING"), save("SUCCEEDED"), task("SUCCEEDED"), task("RUNNING"), task("FAILED"))).toEqual([
    "The shop was backed up.",
    "A backup could not be made.",
  ]);
});

test("a restore tells that the shop is closed and saved, then what becomes of it, and another one the same", () => {
  const task = (status: string, message: string | null = null) => event({ kind: "TASK", subject: "RESTORE", status, message });
  const load = (status: string) => event({ kind: "STEP", subject: "RESTORE", status });
  const begun = [task("QUEUED", "Ada asked for backup 3 to be restored."), task("RUNNING"), event({ kind: "STEP", subject: "CLOSE", status: "SUCCEEDED" })];
  const closed = "The shop is closed and saved as it is, before a backup takes its place.";
  const saved = "The shop was saved as it was, before a backup takes its place.";
  expect(wordsOf(...begun)).toEqual([closed]);
  expect(wordsOf(...begun, task("FAILED", "No space left."))).toEqual(["The shop could not be saved as it is, so no backup was put in its place."]);
  const handed = [...begun, task("RUNNING", "12 orders are saved."), event({ status: "QUEUED" }), load("RUNNING")];
  expect(wordsOf(...handed)).toEqual([saved, "The shop waits for its turn.", "Load the backup: begun."]);
  expect(wordsOf(...handed, load("SUCCEEDED"), ...begun)).toEqual([saved, "The shop waits for its turn.", "Load the backup: done.", closed]);
});

test("a pause is told by its beginning, then by the shop's status, and one that failed as a whole", () => {
  const task = (status: string) => event({ kind: "TASK", subject: "SUSPEND", status, message: "Ada asked for the shop to be paused." });
  const stop = (status: string) => event({ kind: "STEP", subject: "STOP", status });
  const begun = [task("QUEUED"), task("RUNNING"), stop("RUNNING")];
  expect(wordsOf(...begun)).toEqual(["The shop is being paused."]);
  expect(wordsOf(...begun, stop("SUCCEEDED"), task("SUCCEEDED"), event({ status: "SUSPENDED" }))).toEqual(["The shop is paused."]);
  expect(wordsOf(...begun, stop("FAILED"), task("FAILED"))).toEqual(["The shop could not be paused, and is open as before."]);
  expect(wordsOf(...begun, task("CANCELLED"), event({ status: "DELETING" }))).toEqual(["The shop was not paused.", "The shop is being removed."]);
});

test("a restart is told as a whole: that it began, or how it ended", () => {
  const task = (status: string) => event({ kind: "TASK", subject: "RESTART", status, message: "Ada asked for the shop to be restarted." });
  const replace = (status: string) => event({ kind: "STEP", subject: "RESTART", status });
  const begun = [task("QUEUED"), task("RUNNING"), replace("RUNNING")];
  expect(wordsOf(...begun)).toEqual(["The shop is being restarted."]);
  expect(wordsOf(...begun, replace("SUCCEEDED"), task("SUCCEEDED"))).toEqual(["The shop was restarted."]);
  expect(wordsOf(...begun, replace("FAILED"), task("FAILED"))).toEqual(["The shop could not be restarted."]);
  expect(wordsOf(...begun, task("CANCELLED"), event({ status: "DELETING" }))).toEqual(["The restart of the shop was stopped.", "The shop is being removed."]);
});

test("an upgrade tells that the shop is closed and saved, then what becomes of it, and one that was given up as a whole", () => {
  const task = (status: string, message: string | null = null) => event({ kind: "TASK", subject: "UPGRADE", status, message });
  const install = (status: string) => event({ kind: "STEP", subject: "HELM_INSTALL", status });
  const look = (status: string) => event({ kind: "STEP", subject: "PREFLIGHT", status });
  const begun = [task("QUEUED", "Ada asked for the shop to be upgraded to 7.2."), task("RUNNING"), look("RUNNING"), look("SUCCEEDED")];
  expect(wordsOf(...begun)).toEqual(["The upgrade of the shop began: it is closed and saved as it is first."]);
  expect(wordsOf(...begun, task("FAILED", "No space left."))).toEqual(["The shop could not be upgraded, and is open as before."]);
  expect(wordsOf(...begun, task("CANCELLED"), event({ status: "DELETING" }))).toEqual(["The upgrade of the shop was stopped.", "The shop is being removed."]);
  const handed = [...begun, task("RUNNING", "12 orders are saved."), event({ status: "QUEUED" }), event({ status: "UPDATING" }), install("SUCCEEDED"), event({})];
  expect(wordsOf(...handed)).toEqual([
    "The shop was saved as it was, before it is upgraded.",
    "The shop waits for its turn.",
    "The shop gets its new version.",
    "Install the shop software: done.",
    "The shop is ready.",
  ]);
});

test("a task of a newer platform is told in its own words", () => {
  expect(wordsOf(event({ kind: "TASK", subject: "POLISH", status: "RUNNING", message: "The shop is polished." }))).toEqual(["The shop is polished."]);
});

test("every repair is told", () => {
  const repair = () => event({ kind: "REPAIR", subject: "service/web", status: "REPAIRED" });
  expect(wordsOf(repair(), repair())).toHaveLength(2);
});

test("what a newer platform tells is passed on", () => {
  expect(wordsOf(event({ status: "MOVED", message: "The store has moved." }))).toEqual(["The store has moved."]);
});

test("the full record leaves nothing out", () => {
  expect(recordOf([pod, { ...pod, message: null }]).map(({ words }) => words)).toEqual(["Pod web-1 is Pending.", "web-1: Pending"]);
});

test("that a shop was renamed is told", () => {
  expect(wordsOf(event({ kind: "RENAME", subject: "title", status: "RENAMED" }))).toEqual(["The shop was renamed."]);
});

test.each([
  ["OFFERED", "The shop was offered to another owner."],
  ["ACCEPTED", "The shop has another owner."],
  ["DECLINED", "The offer of the shop was declined."],
  ["WITHDRAWN", "The offer of the shop was withdrawn."],
  ["EXPIRED", "The offer of the shop has run out."],
  ["NEWER", "ada did something."],
])("an offer of the shop that is %s", (status, said) => {
  expect(wordsOf(event({ kind: "TRANSFER", subject: "owner", status, message: "ada did something." }))).toEqual([said]);
});
