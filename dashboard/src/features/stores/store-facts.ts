import type { StoreDetailsFragment, StoreStatus, StoreSummaryFragment } from "@/gql/graphql";

/** The host of an address: what a person types. */
export function hostOf(url: string): string {
  return URL.canParse(url) ? new URL(url).host : url;
}

/** Whether a shopper can be expected to see something at the store's address. */
export function canBeOpened({ status }: { status: StoreStatus }): boolean {
  return status === "READY" || status === "DEGRADED";
}

/** Whether work on the store is under way, or about to be. */
export function isUnderWay({ status }: { status: StoreStatus }): boolean {
  return status === "QUEUED" || status === "PROVISIONING" || status === "DELETING";
}

/** Whether the store was asked to go, and can only go from now on. */
export function isLeaving({ target }: Pick<StoreSummaryFragment, "target">): boolean {
  return target === "DELETED";
}

interface Milestone {
  name: string;
  at: string;
}

/** When the store came to where it is, as far as that is recorded; "since" only of what holds now. */
export function milestonesOf({ status, readyAt, deletedAt, steps }: StoreDetailsFragment): Milestone[] {
  const found: Milestone[] = [];
  if (readyAt) found.push({ name: status === "READY" ? "Ready since" : "Last became ready", at: readyAt });
  const failedAt = steps.find((step) => step.status === "FAILED")?.finishedAt;
  if (status === "FAILED" && failedAt) found.push({ name: "Failed since", at: failedAt });
  if (status === "DELETED" && deletedAt) found.push({ name: "Gone since", at: deletedAt });
  return found;
}

export function queueDetail({ status, queuePosition }: StoreSummaryFragment): string | undefined {
  return status === "QUEUED" && queuePosition ? `· ${ordinal(queuePosition)} in line` : undefined;
}

const PLURAL = new Intl.PluralRules("en", { type: "ordinal" });
const SUFFIXES: Record<string, string> = { one: "st", two: "nd", few: "rd", other: "th" };

function ordinal(number: number): string {
  return `${number}${SUFFIXES[PLURAL.select(number)] ?? "th"}`;
}
