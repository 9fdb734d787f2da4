import type { BackupFactsFragment, StoreBackupsQuery, StoreSummaryFragment } from "@/gql/graphql";
import { bytesInWords } from "@/lib/quantity";
import { dayAndTimeInside, dayInFull } from "@/lib/time";
import type { Happening } from "./activity";
import { canBeOpened, isLeaving } from "./store-facts";

export type Backup = BackupFactsFragment;
export type BackupPolicy = NonNullable<StoreBackupsQuery["platform"]["backups"]>;
type Software = (store: Pick<StoreSummaryFragment, "engine" | "engineVersion">) => string;

const HOUR = 3_600_000;
const MINUTES = 60;
const HOURS_OF_A_DAY = 24;
/** A backup that is older than so many intervals is missed. */
const MISSED_AFTER = 2;

/** The backups of a shop, newest first. */
export function backupsIn({ store }: StoreBackupsQuery): Backup[] {
  return store?.backups.edges.map(({ node }) => node) ?? [];
}

/** The backups of a shop in words, oldest first; they come newest first. */
export function backupsInWords(backups: Backup[], softwareOf: Software): Happening[] {
  return backups.toReversed().map((backup) => ({
    version: backup.number,
    kind: "BACKUP",
    occurredAt: backup.madeAt,
    words: [...countsOf(backup), bytesInWords(backup.sizeInBytes), softwareOf(backup)].join(" · "),
  }));
}

function countsOf({ counts }: Backup): string[] {
  return counts.length > 0 ? [countsInWords(counts)] : [];
}

/** Such as "12 orders, 1 product"; what is counted is named by the shop software, in the plural. */
function countsInWords(counts: Backup["counts"]): string {
  return counts.map(({ name, number }) => `${number} ${number === 1 ? name.replace(/s$/, "") : name}`).join(", ");
}

/** Which backup of which shop, and what is in it: "From the backup of candles of 27 November, 01:37: 12 orders." */
export function originInWords(name: string, backup: Backup, now: number): string {
  const when = momentInWords(backup, now);
  return `From the backup of ${[`${name} of ${when}`, ...countsOf(backup)].join(": ")}.`;
}

/** When a backup was made, within a sentence: "27 November, 01:37", "yesterday, 01:37". */
export function momentInWords({ madeAt }: Pick<Backup, "madeAt">, now: number): string {
  return dayAndTimeInside(madeAt, now);
}

/**
 * What a shop loses when a backup takes its place, in a sentence: "What came after 27 November, 01:37 is lost to the shop:
 * 3 orders (as of the newest backup, of today, 01:40), and all since then."
 */
export function lossInWords(backup: Backup, newest: Backup, now: number): string {
  const lost = `What came after ${momentInWords(backup, now)} is lost to the shop`;
  if (newest.number === backup.number) return `${lost}. This is its newest backup, so nobody knows how much that is.`;
  const other = `newest backup, of ${momentInWords(newest, now)}`;
  if (backup.lostByRestore.length > 0) return `${lost}: ${countsInWords(backup.lostByRestore)} (as of the ${other}), and all since then.`;
  return `${lost}. The ${other}, counts no more than this one; what was changed is lost all the same.`;
}

/** Whether a shop could be made of a backup, in a sentence; undefined if that was never tried. */
export function checkInWords({ check: { isUnderWay, endedAt, fault } }: Backup): string | undefined {
  if (isUnderWay) return "It is being checked: a shop is made of it that nobody sees.";
  if (!endedAt) return undefined;
  if (fault) return `On ${dayInFull(endedAt)} no shop could be made of it: ${fault}`;
  return `Checked on ${dayInFull(endedAt)}: a shop could be made of it.`;
}

/** When backups are made, in a sentence. */
export function scheduleInWords({ intervalHours }: BackupPolicy): string {
  if (intervalHours == null) return "Backups are made when somebody asks for one.";
  return `The platform makes a backup about ${pace(intervalHours)}.`;
}

/** "once a day", "every 2 days", "once an hour", "every 6 hours", "every 30 minutes". */
function pace(hours: number): string {
  if (hours % HOURS_OF_A_DAY === 0) return every(hours / HOURS_OF_A_DAY, "days", "a day");
  if (hours < 1) return every(Math.round(hours * MINUTES), "minutes", "a minute");
  return every(Math.round(hours * 10) / 10, "hours", "an hour");
}

function every(number: number, units: string, unit: string): string {
  return number === 1 ? `once ${unit}` : `every ${number} ${units}`;
}

/** Which backups are kept, in a sentence: "Kept: all of the last 2 days, one for each of the last 7 days and 6 months, and those that are pinned." */
export function retentionInWords({ retention }: Pick<BackupPolicy, "retention">): string {
  if (!retention) return "All backups are kept.";
  const { allDays, days, weeks, months } = retention;
  const all = amount(allDays, "day");
  const periods = [amount(days, "day"), amount(weeks, "week"), amount(months, "month")].filter((period) => period !== undefined);
  const oldest = periods.length > 0 ? `one for each of the last ${listed(periods)}` : "the newest one";
  const recent = all ? `all of the last ${all}, ` : "";
  return `Kept: ${recent}${oldest}, and those that are pinned.`;
}

/** How long the backups of a deleted shop are there, in a sentence. */
export function timeLeftInWords(backups: Backup[]): string {
  // It is counted from the deletion, so that it is the same for all that are not pinned.
  const until = backups.find(({ keptUntil }) => keptUntil)?.keptUntil;
  if (!until) return "Backups of this shop can be restored as long as this record of it is kept.";
  return `Kept until ${dayInFull(until)}, and those that are pinned until they are unpinned.`;
}

/** What becomes of a shop's backups when it is deleted, in a sentence; undefined if it has none. */
export function afterDeletionInWords(known: StoreBackupsQuery): string | undefined {
  const backups = backupsIn(known);
  const policy = known.platform.backups;
  if (!policy || backups.length === 0) return undefined;
  if (!policy.retention) return "Its backups can be restored as long as the record of it is kept.";
  const time = amount(policy.retention.deletedDays ?? 0, "day");
  if (!time) return "Its backups are kept.";
  const isAnyPinned = backups.some(({ isPinned }) => isPinned);
  return `Its backups are kept for ${time} more${isAnyPinned ? ", and those that are pinned until they are unpinned" : ""}.`;
}

/** "1 day", "7 days"; undefined for none. */
function amount(number: number, unit: string): string | undefined {
  if (number === 0) return undefined;
  const rounded = Math.round(number * 10) / 10;
  return rounded === 1 ? `1 ${unit}` : `${rounded} ${unit}s`;
}

/** "7 days, 4 weeks and 6 months". */
function listed(parts: string[]): string {
  return parts.join(", ").replace(/, (?=[^,]*$)/, " and ");
}

/** Whether a shop that has been ready for long enough lacks a backup of the last two intervals. */
export function isBackupMissed(
  store: Pick<StoreSummaryFragment, "status" | "target" | "readyAt">,
  policy: BackupPolicy | null | undefined,
  newest: Backup | undefined,
  now: number,
): boolean {
  if (!policy?.intervalHours || !store.readyAt || !canBeOpened(store) || isLeaving(store)) return false;
  const since = now - MISSED_AFTER * policy.intervalHours * HOUR;
  return Date.parse(store.readyAt) < since && (!newest || Date.parse(newest.madeAt) < since);
}
