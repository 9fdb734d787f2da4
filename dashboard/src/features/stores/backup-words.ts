import type { BackupFactsFragment, StoreBackupsQuery, StoreSummaryFragment } from "@/gql/graphql";
import { bytesInWords } from "@/lib/quantity";
import { dayAndTime } from "@/lib/time";
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

/** Such as "12 orders, 1 product"; what is counted is named by the shop software, in the plural. */
function countsOf({ counts }: Backup): string[] {
  const words = counts.map(({ name, number }) => `${number} ${number === 1 ? name.replace(/s$/, "") : name}`);
  return words.length > 0 ? [words.join(", ")] : [];
}

/** Which backup of which shop, and what is in it: "From the backup of candles of 27 November, 01:37: 12 orders." */
export function originInWords(name: string, backup: Backup, now: number): string {
  const when = dayAndTime(backup.madeAt, now).replace(/^[TY]/, (letter) => letter.toLowerCase());
  return `From the backup of ${[`${name} of ${when}`, ...countsOf(backup)].join(": ")}.`;
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
