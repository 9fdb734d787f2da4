import type { StoreDetailsFragment, StoreStatus, StoreSummaryFragment } from "@/gql/graphql";

/** The host of an address: what a person types. */
export function hostOf(url: string): string {
  return URL.canParse(url) ? new URL(url).host : url;
}

/** In one sentence, for whoever looks at a copy or is about to make one. */
export const WHAT_A_COPY_IS = "It sends no mail, takes no payments and calls nobody outside.";

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

/** Whether what was done last is a backup: it changes nothing of how the shop is doing. */
export function isBackup({ operation }: Pick<StoreDetailsFragment, "operation">): boolean {
  return operation?.kind === "BACKUP";
}

/** Whether a backup is being made, or waits for its turn. */
export function isBackingUp(store: Pick<StoreDetailsFragment, "operation">): boolean {
  return isBackup(store) && isOperationUnderWay(store);
}

/** Whether what was done last puts a backup in the place of the shop. */
export function isRestore({ operation }: Pick<StoreDetailsFragment, "operation">): boolean {
  return operation?.kind === "RESTORE";
}

/** Whether a backup is being put in the place of the shop, which is closed meanwhile. */
export function isRestoring(store: Pick<StoreDetailsFragment, "operation">): boolean {
  return isRestore(store) && isOperationUnderWay(store);
}

/** Whether the shop as it was takes the place of a backup that could not be restored: nobody asks for that. */
export function isReturn(store: Pick<StoreDetailsFragment, "operation">): boolean {
  return isRestore(store) && store.operation?.askedByName == null;
}

/** Whether a restore ended before anything of the shop was removed, since the shop could not be saved. */
export function isRestoreGivenUp(store: Pick<StoreDetailsFragment, "operation" | "steps">): boolean {
  const isNothingRemoved = store.steps.some(({ name, status }) => name === "REMOVE" && status === "PENDING");
  return isRestore(store) && store.operation?.status === "FAILED" && isNothingRemoved;
}

/** Whether what was done last left the shop as it was, so that its steps are not what became of the shop. */
export function isShopLeftAlone(store: Pick<StoreDetailsFragment, "operation" | "steps">): boolean {
  return isBackup(store) || isRestoreGivenUp(store);
}

/** Whether anything is being done with the shop. */
export function isOperationUnderWay({ operation }: Pick<StoreDetailsFragment, "operation">): boolean {
  return operation?.status === "QUEUED" || operation?.status === "RUNNING";
}

/** The steps of the work that decides how the shop is doing; none once something was done since that left it alone. */
export function stepsOf(store: Pick<StoreDetailsFragment, "operation" | "steps">): StoreDetailsFragment["steps"] {
  return isShopLeftAlone(store) ? [] : store.steps;
}

interface Milestone {
  name: string;
  at: string;
}

/** When the store came to where it is, as far as that is recorded; "since" only of what holds now. */
export function milestonesOf(store: StoreDetailsFragment): Milestone[] {
  const { status, readyAt, deletedAt } = store;
  const found: Milestone[] = [];
  if (readyAt) found.push({ name: status === "READY" ? "Ready since" : "Last became ready", at: readyAt });
  const failedAt = stepsOf(store).find((step) => step.status === "FAILED")?.finishedAt;
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
