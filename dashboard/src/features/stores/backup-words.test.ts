import { expect, test } from "vitest";
import { aBackup, aStore } from "@/testing/records";
import { afterDeletionInWords, backupsInWords, isBackupMissed, lossInWords, originInWords, retentionInWords, scheduleInWords, timeLeftInWords } from "./backup-words";

const softwareOf = ({ engine, engineVersion }: { engine: string; engineVersion: string }) => `${engine} ${engineVersion}`;
const wordsOf = (given: Parameters<typeof aBackup>[0]) => backupsInWords([aBackup(given)], softwareOf)[0]?.words;
const count = (name: string, number: number) => ({ __typename: "BackupCount" as const, name, number });

test("what is in a backup, how large it is, and of which version", () => {
  expect(wordsOf({ counts: [count("orders", 12), count("products", 3)] })).toBe("12 orders, 3 products · 2.3 MB · woocommerce 7.1");
  expect(wordsOf({ counts: [count("orders", 1), count("products", 0)] })).toBe("1 order, 0 products · 2.3 MB · woocommerce 7.1");
  expect(wordsOf({ counts: [] })).toBe("2.3 MB · woocommerce 7.1");
});

test("which backup of which shop", () => {
  const now = new Date("2026-11-28T12:00:00").getTime();
  const backup = (time: string, counts = [count("orders", 12), count("products", 3)]) =>
    originInWords("candles", aBackup({ madeAt: new Date(time).toISOString(), counts }), now);
  expect(backup("2026-11-20T01:37:00")).toBe("From the backup of candles of 20 November, 01:37: 12 orders, 3 products.");
  expect(backup("2026-11-27T01:37:00")).toBe("From the backup of candles of yesterday, 01:37: 12 orders, 3 products.");
  expect(backup("2025-11-28T01:37:00", [])).toBe("From the backup of candles of 28 November 2025, 01:37.");
});

test("what is lost when a backup takes the place of the shop", () => {
  const now = new Date("2026-11-28T16:00:00").getTime();
  const made = (number: number, time: string, lostByRestore = [] as ReturnType<typeof count>[]) => aBackup({ number, madeAt: new Date(time).toISOString(), lostByRestore });
  const newest = made(5, "2026-11-28T15:20:00");
  expect(lossInWords(made(4, "2026-11-20T14:05:00", [count("orders", 3), count("products", 1)]), newest, now)).toBe(
    "What came after 20 November, 14:05 is lost to the shop: 3 orders, 1 product (as of the newest backup, of today, 15:20), and all since then.",
  );
  expect(lossInWords(made(4, "2026-11-27T14:05:00"), newest, now)).toBe(
    "What came after yesterday, 14:05 is lost to the shop. The newest backup, of today, 15:20, counts no more than this one; what was changed is lost all the same.",
  );
  expect(lossInWords(newest, newest, now)).toBe("What came after today, 15:20 is lost to the shop. This is its newest backup, so nobody knows how much that is.");
});

test("oldest first", () => {
  const numbers = backupsInWords([aBackup({ number: 5 }), aBackup({ number: 3 })], softwareOf).map(({ version }) => version);
  expect(numbers).toEqual([3, 5]);
});

test.each([
  [24, "The platform makes a backup about once a day."],
  [48, "The platform makes a backup about every 2 days."],
  [1, "The platform makes a backup about once an hour."],
  [6, "The platform makes a backup about every 6 hours."],
  [1.5, "The platform makes a backup about every 1.5 hours."],
  [0.5, "The platform makes a backup about every 30 minutes."],
  [null, "Backups are made when somebody asks for one."],
])("an interval of %s hours in words", (intervalHours, said) => {
  expect(scheduleInWords({ intervalHours, isInCluster: true, retention: null })).toBe(said);
});

const RETENTION = { __typename: "BackupRetention" as const, allDays: 2, days: 7, weeks: 4, months: 6, deletedDays: 30 };

test.each([
  [RETENTION, "Kept: all of the last 2 days, one for each of the last 7 days, 4 weeks and 6 months, and those that are pinned."],
  [{ ...RETENTION, allDays: 0.5, weeks: 0, months: 1 }, "Kept: all of the last 0.5 days, one for each of the last 7 days and 1 month, and those that are pinned."],
  [{ ...RETENTION, allDays: 0, days: 0, months: 0 }, "Kept: one for each of the last 4 weeks, and those that are pinned."],
  [{ ...RETENTION, allDays: 0, days: 0, weeks: 0, months: 0 }, "Kept: the newest one, and those that are pinned."],
  [null, "All backups are kept."],
])("how long backups are kept by %j", (retention, said) => {
  expect(retentionInWords({ retention })).toBe(said);
});

test("until when those of a deleted shop are there", () => {
  const until = aBackup({ keptUntil: new Date("2026-12-30T12:00:00").toISOString() });
  const pinned = aBackup({ isPinned: true });
  expect(timeLeftInWords([pinned, until])).toBe("Kept until 30 December 2026, and those that are pinned until they are unpinned.");
  expect(timeLeftInWords([pinned])).toBe("Backups of this shop can be restored as long as this record of it is kept.");
});

test.each<[string, Partial<typeof RETENTION> | null, Parameters<typeof aBackup>[0][], string | undefined]>([
  ["for a time", {}, [{}], "Its backups are kept for 30 days more."],
  ["for a day", { deletedDays: 1 }, [{}], "Its backups are kept for 1 day more."],
  ["and pinned ones for longer", { deletedDays: 1.5 }, [{}, { isPinned: true }], "Its backups are kept for 1.5 days more, and those that are pinned until they are unpinned."],
  ["for ever", null, [{}], "Its backups can be restored as long as the record of it is kept."],
  ["and there are none", {}, [], undefined],
])("what becomes of the backups of a shop that is deleted, where they are kept %s", (_, retention, backups, said) => {
  const policy = { ...daily, retention: retention && { ...RETENTION, ...retention } };
  const edges = backups.map((given) => ({ node: aBackup(given) }));
  expect(afterDeletionInWords({ platform: { backups: policy }, store: { id: "store_1", backups: { edges }, wayBack: null } })).toBe(said);
});

test("nothing is said of a deleted shop's backups where none are made any more, and of no end that there is not", () => {
  const store = { id: "store_1", backups: { edges: [{ node: aBackup() }] }, wayBack: null };
  expect(afterDeletionInWords({ platform: { backups: null }, store })).toBeUndefined();
  const endless = { ...daily, retention: { ...RETENTION, deletedDays: null } };
  expect(afterDeletionInWords({ platform: { backups: endless }, store })).toBe("Its backups are kept.");
});

const HOUR = 3_600_000;
const NOW = Date.parse("2026-11-24T12:00:00Z");
const ago = (hours: number) => new Date(NOW - hours * HOUR).toISOString();
const daily = { intervalHours: 24, isInCluster: true, retention: null };

test.each<[string, Parameters<typeof aStore>[0], number | null, boolean]>([
  ["ready for three days without one", { readyAt: ago(72) }, null, true],
  ["whose newest is older than two days", { readyAt: ago(72) }, 49, true],
  ["whose newest is not two days old", { readyAt: ago(72) }, 47, false],
  ["ready for less than two days", { readyAt: ago(47) }, null, false],
  ["with problems", { readyAt: ago(72), status: "DEGRADED" }, null, true],
  ["that has failed", { readyAt: ago(72), status: "FAILED" }, null, false],
  ["that is asked to go", { readyAt: ago(72), target: "DELETED" }, null, false],
  ["that never was ready", { readyAt: null }, null, false],
])("whether a backup is missed of a shop %s", (_, given, hours, isMissed) => {
  const newest = hours === null ? undefined : aBackup({ madeAt: ago(hours) });
  expect(isBackupMissed(aStore(given), daily, newest, NOW)).toBe(isMissed);
});

test("no backup is missed where none are made by themselves, or none at all", () => {
  const old = aStore({ readyAt: ago(2000) });
  expect(isBackupMissed(old, { ...daily, intervalHours: null }, undefined, NOW)).toBe(false);
  expect(isBackupMissed(old, null, undefined, NOW)).toBe(false);
});
