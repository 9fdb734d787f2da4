import type { OperationKind, StoreDetailsFragment, StoreStatus, StoreSummaryFragment } from "@/gql/graphql";

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
  return status === "QUEUED" || status === "PROVISIONING" || status === "UPDATING" || status === "DELETING";
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

/** Whether the shop as it was takes the place of a backup that could not be restored, or of an upgrade that failed: nobody asks for that. */
export function isReturn(store: Pick<StoreDetailsFragment, "operation">): boolean {
  return isRestore(store) && store.operation?.askedByName == null;
}

/** Whether a restore ended before anything of the shop was removed, since the shop could not be saved. */
export function isRestoreGivenUp(store: Pick<StoreDetailsFragment, "operation" | "steps">): boolean {
  const isNothingRemoved = store.steps.some(({ name, status }) => name === "REMOVE" && status === "PENDING");
  return isRestore(store) && store.operation?.status === "FAILED" && isNothingRemoved;
}

/** Whether the shop is being paused, or is about to be: its status tells so only once that is done. */
export function isPausing(store: Pick<StoreDetailsFragment, "operation">): boolean {
  return store.operation?.kind === "SUSPEND" && isOperationUnderWay(store);
}

/** Whether the shop should have been paused, and is open as before, since that failed. */
export function isPauseGivenUp({ operation }: Pick<StoreDetailsFragment, "operation">): boolean {
  return operation?.kind === "SUSPEND" && operation.status === "FAILED";
}

/** Whether what was done last gives the administrator a new password: the shop itself stays as it is. */
export function isPasswordReset({ operation }: Pick<StoreDetailsFragment, "operation">): boolean {
  return operation?.kind === "RESET_PASSWORD";
}

/** Whether what was done last is a restart. */
export function isRestart({ operation }: Pick<StoreDetailsFragment, "operation">): boolean {
  return operation?.kind === "RESTART";
}

/** Whether the shop is being restarted, or is about to be: its status stays as it is meanwhile. */
export function isRestarting(store: Pick<StoreDetailsFragment, "operation">): boolean {
  return isRestart(store) && isOperationUnderWay(store);
}

/** Whether the shop should have been restarted, and not every part of it started anew. */
export function isRestartGivenUp(store: Pick<StoreDetailsFragment, "operation">): boolean {
  return isRestart(store) && store.operation?.status === "FAILED";
}

/** Whether what was done last gives the shop another plan. */
export function isPlanChange({ operation }: Pick<StoreDetailsFragment, "operation">): boolean {
  return operation?.kind === "PLAN";
}

/** Whether the shop is getting another plan, or is about to: its status stays as it is meanwhile. */
export function isChangingPlan(store: Pick<StoreDetailsFragment, "operation">): boolean {
  return isPlanChange(store) && isOperationUnderWay(store);
}

/** Whether what was done last gives the shop another version. */
export function isUpgrade({ operation }: Pick<StoreDetailsFragment, "operation">): boolean {
  return operation?.kind === "UPGRADE";
}

/** Whether the shop is being upgraded, or is about to be: its status tells so only once the shop is saved. */
export function isUpgrading(store: Pick<StoreDetailsFragment, "operation">): boolean {
  return isUpgrade(store) && isOperationUnderWay(store);
}

/** Whether the shop should have been upgraded, and is open as before: where more was done to it, its return is what was done last. */
export function isUpgradeGivenUp(store: Pick<StoreDetailsFragment, "operation">): boolean {
  return isUpgrade(store) && store.operation?.status === "FAILED";
}

/** Whether a shop that is being upgraded is open as yet: whether the version can be had is found out before it is closed. */
export function isOpenStill({ steps }: Partial<Pick<StoreDetailsFragment, "steps">>): boolean {
  return steps?.every(({ name, status }) => name !== "CLOSE" || status === "PENDING") ?? false;
}

/** Whether a shop that was paused is being opened again: at the first try, or at another one. */
export function isReopening({ status, suspendedAt }: Pick<StoreSummaryFragment, "status" | "suspendedAt">): boolean {
  return (status === "QUEUED" || status === "PROVISIONING") && suspendedAt != null;
}

/** Whether the shop is closed to visitors by what is being done with it, whatever its status says; the list knows no steps. */
export function isBeingClosed(store: Pick<StoreDetailsFragment, "operation"> & Partial<Pick<StoreDetailsFragment, "steps">>): boolean {
  return isRestoring(store) || isPausing(store) || (isUpgrading(store) && !isOpenStill(store));
}

/** What is being done with the shop, where its status does not tell. */
export function workOf(store: Pick<StoreSummaryFragment, "operation" | "status" | "suspendedAt">): string | undefined {
  if (isRestoring(store)) return "Being restored";
  if (isPausing(store)) return "Being paused";
  if (isRestarting(store)) return "Being restarted";
  if (isChangingPlan(store)) return "Getting another plan";
  if (isUpgrading(store)) return "Being upgraded";
  return isReopening(store) ? "Being opened again" : undefined;
}

/** Whether what was done last left the shop as it was, so that its steps are not what became of the shop. */
export function isShopLeftAlone(store: Pick<StoreDetailsFragment, "operation" | "steps">): boolean {
  return isBackup(store) || isPasswordReset(store) || isRestoreGivenUp(store) || isPauseGivenUp(store) || isRestartGivenUp(store) || isUpgradeGivenUp(store) || isPlanChange(store);
}

/** Whether the shop may be empty: nothing was put into its place, and it was neither paused nor upgraded before. */
export function isNew({ operation }: Pick<StoreDetailsFragment, "operation">): boolean {
  return operation?.kind !== "RESTORE" && operation?.kind !== "RESUME" && operation?.kind !== "UPGRADE";
}

/** What the steps of a shop have done, in a word or two: those of a new one have set it up. */
export function doneOf({ operation }: Pick<StoreDetailsFragment, "operation">): string | undefined {
  return operation ? DONE[operation.kind] : undefined;
}

const DONE: Partial<Record<OperationKind, string>> = { RESTORE: "Restored", SUSPEND: "Paused", RESUME: "Opened again", RESTART: "Restarted", UPGRADE: "Upgraded" };

/** Whether anything is being done with the shop. */
export function isOperationUnderWay({ operation }: Pick<StoreDetailsFragment, "operation">): boolean {
  return operation?.status === "QUEUED" || operation?.status === "RUNNING";
}

/** The steps of the work that decides how the shop is doing; none once something was done since that left it alone. */
export function stepsOf(store: Pick<StoreDetailsFragment, "operation" | "steps">): StoreDetailsFragment["steps"] {
  return isShopLeftAlone(store) ? [] : store.steps;
}

/** The end of the log of what failed. */
export function outputOfFailure(steps: StoreDetailsFragment["steps"]): string | null | undefined {
  return steps.find(({ status }) => status === "FAILED")?.output;
}

interface Milestone {
  name: string;
  at: string;
}

/** When the store came to where it is, as far as that is recorded; "since" only of what holds now. */
export function milestonesOf(store: StoreDetailsFragment): Milestone[] {
  const { status, readyAt, suspendedAt, deletedAt } = store;
  const found: Milestone[] = [];
  if (readyAt) found.push({ name: status === "READY" ? "Ready since" : "Last became ready", at: readyAt });
  if (status === "SUSPENDED" && suspendedAt) found.push({ name: "Paused since", at: suspendedAt });
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
