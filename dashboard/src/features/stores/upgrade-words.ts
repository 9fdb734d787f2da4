import type { ReasonCode, Role, StoreDetailsFragment } from "@/gql/graphql";
import { upgradeVersionIn } from "@/lib/upgrade-version";
import { remedyByTrying } from "./reason-words";
import { inWordsOf } from "./refusal-words";
import { RESTORE_REFUSALS } from "./restore-words";
import { canBeOpened, isOpenStill, isUpgrade } from "./store-facts";

export type Version = StoreDetailsFragment["upgrades"][number];

/** What becomes of a shop whose upgrade fails, in a sentence. */
export const HOW_IT_COMES_BACK = "If anything fails, the shop is brought back as it was, with its data, by itself.";

/** The button that has a shop upgraded, and the one that takes that back. */
export function upgradeTo(version: string): string {
  return `Upgrade to ${version}`;
}

export function goBackTo(version: string): string {
  return `Go back to ${version}`;
}

/** The versions that a shop can be upgraded to: first the one that new shops get, the others in the order of the platform. */
export function byDefault(upgrades: Version[]): Version[] {
  return upgrades.toSorted((one, other) => Number(other.isDefault) - Number(one.isDefault));
}

/** The version that the latest upgrade is to, or was to. */
export function wantedVersion(store: Pick<StoreDetailsFragment, "nextVersion" | "operation">): string | undefined {
  if (!isUpgrade(store)) return undefined;
  return store.nextVersion ?? upgradeVersionIn(store.operation?.parameters);
}

/** How far the upgrade of a shop has come, and what visitors notice, in sentences. */
export function phaseInWords(store: Pick<StoreDetailsFragment, "status" | "steps">): string {
  if (!canBeOpened(store)) return "It is saved as it was, and gets the new version. Visitors see that it will be back soon.";
  if (isOpenStill(store)) return "First the platform makes sure that the new version can be had. The shop is open meanwhile.";
  return "The shop is closed and saved as it is: nothing of it is changed yet. Visitors see that it will be back soon.";
}

/** What can be done about a shop that could not be upgraded. */
export function upgradeRemedyOf(code: ReasonCode | undefined, role: Role | undefined, version: string | undefined): string {
  return remedyByTrying(code, role, version ? upgradeTo(version) : "Upgrade");
}

/** What the API tells programs in words of its own. */
const REFUSALS: Record<string, string> = {
  ...RESTORE_REFUSALS,
  NOT_UPGRADABLE: "This shop cannot be upgraded to that version as it is now. Its page says how it is doing.",
  VERSION_UNKNOWN: "This version is not on offer any more.",
  BACKUPS_NOT_SET_UP: "Backups are not set up here, and without one there is no way back. Whoever runs the platform can set them up.",
  NO_WAY_BACK: "The backup from before the upgrade is not there any more. Keep the shop as it is, or restore another backup.",
};

/** A payload with its errors as people are told them. */
export function inWords(payload: Parameters<typeof inWordsOf>[1]) {
  return inWordsOf(REFUSALS, payload);
}
