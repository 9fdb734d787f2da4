import { expect, test } from "vitest";
import { anOperation } from "@/testing/records";
import { historyOf } from "./history-words";

const wordsOf = (given: Parameters<typeof anOperation>[0]) => historyOf([anOperation(given)])[0]?.words;

test("what was done, who asked for it, and how it ended", () => {
  expect(wordsOf({})).toBe("Creation, asked for by Ada: done in 21 s.");
  expect(wordsOf({ kind: "RETRY", status: "FAILED" })).toBe("Another try, asked for by Ada: failed.");
  expect(wordsOf({ kind: "DELETE", status: "RUNNING", finishedAt: null })).toBe("Deletion, asked for by Ada: under way.");
  expect(wordsOf({ status: "QUEUED", startedAt: null, finishedAt: null })).toBe("Creation, asked for by Ada: waits for its turn.");
  expect(wordsOf({ status: "CANCELLED", startedAt: null })).toBe("Creation, asked for by Ada: stopped.");
});

test("a creation from a backup", () => {
  expect(wordsOf({ parameters: { name: "candles", fromBackup: "backup_1_2" } })).toBe("Creation from a backup, asked for by Ada: done in 21 s.");
  expect(wordsOf({ parameters: { name: "candles", fromBackup: null } })).toBe("Creation, asked for by Ada: done in 21 s.");
});

test("a creation of a copy to try things in", () => {
  const given = { name: "trial", fromBackup: "backup_1_2" };
  expect(wordsOf({ parameters: { ...given, asCopy: true } })).toBe("Creation of a copy from a backup, asked for by Ada: done in 21 s.");
  expect(wordsOf({ parameters: { ...given, asCopy: false } })).toBe("Creation from a backup, asked for by Ada: done in 21 s.");
});

test("a backup that the platform makes by itself", () => {
  expect(wordsOf({ kind: "BACKUP", askedByName: null })).toBe("Backup: done in 21 s.");
  expect(wordsOf({ kind: "BACKUP", status: "RUNNING", finishedAt: null })).toBe("Backup, asked for by Ada: under way.");
});

test("a restore in place, and the return of the shop as it was that follows one that failed", () => {
  expect(wordsOf({ kind: "RESTORE" })).toBe("Restore of a backup in place of the shop, asked for by Ada: done in 21 s.");
  expect(wordsOf({ kind: "RESTORE", askedByName: null })).toBe("Return of the shop as it was: done in 21 s.");
});

test("a pause, and the end of it", () => {
  expect(wordsOf({ kind: "SUSPEND" })).toBe("Pause, asked for by Ada: done in 21 s.");
  expect(wordsOf({ kind: "RESUME", status: "RUNNING", finishedAt: null })).toBe("Opening again, asked for by Ada: under way.");
});

test("a restart", () => {
  expect(wordsOf({ kind: "PLAN" })).toBe("Change of the plan, asked for by Ada: done in 21 s.");
  expect(wordsOf({ kind: "RESTART" })).toBe("Restart, asked for by Ada: done in 21 s.");
});

test("an upgrade, with the version that was asked for", () => {
  expect(wordsOf({ kind: "UPGRADE", parameters: { id: "store_1", version: "7.2" } })).toBe("Upgrade to 7.2, asked for by Ada: done in 21 s.");
  expect(wordsOf({ kind: "UPGRADE", status: "FAILED", parameters: null })).toBe("Upgrade, asked for by Ada: failed.");
  expect(wordsOf({ parameters: { name: "candles", version: "7.2" } })).toBe("Creation, asked for by Ada: done in 21 s.");
});

test("what nobody asked for, and what an older version did", () => {
  expect(wordsOf({ kind: "DELETE", askedByName: null })).toBe("Deletion: done in 21 s.");
});

test("what a newer platform does is said by its name", () => {
  expect(wordsOf({ kind: "MAKE_TEA" as never, status: "STEEPING" as never })).toBe("Make tea, asked for by Ada: Steeping.");
});

test("oldest first", () => {
  const numbers = historyOf([anOperation({ number: 3 }), anOperation({ number: 2 })]).map(({ version }) => version);
  expect(numbers).toEqual([2, 3]);
});
