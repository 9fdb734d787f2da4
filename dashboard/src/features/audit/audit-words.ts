import type { AuditLogQuery } from "@/gql/graphql";
import { isCopy, isFromBackup } from "@/lib/from-backup";
import { personLabel } from "@/lib/owners";
import { upgradeVersionIn } from "@/lib/upgrade-version";

export type Entry = AuditLogQuery["auditLog"]["edges"][number]["node"];

interface ActionWords {
  /** In the filter. */
  label: string;
  /** What somebody did, and what they wanted to where it was not done; the shop's name follows. */
  did: string;
  wanted: string;
}

/** The actions that are offered as a filter, in its order, then those of the command line. */
const ACTIONS: Record<string, ActionWords> = {
  createStore: { label: "Creating a shop", did: "created the shop", wanted: "wanted to create the shop" },
  deleteStore: { label: "Deleting a shop", did: "deleted the shop", wanted: "wanted to delete the shop" },
  cancelStore: { label: "Giving a shop up", did: "stopped the creation of the shop", wanted: "wanted to stop the creation of the shop" },
  retryStore: { label: "Trying a shop again", did: "had the work tried again on the shop", wanted: "wanted the work tried again on the shop" },
  suspendStore: { label: "Pausing a shop", did: "paused the shop", wanted: "wanted to pause the shop" },
  resumeStore: { label: "Opening a shop again", did: "opened again the shop", wanted: "wanted to open again the shop" },
  changePlan: { label: "Changing a shop’s plan", did: "changed the plan of the shop", wanted: "wanted to change the plan of the shop" },
  restartStore: { label: "Restarting a shop", did: "restarted the shop", wanted: "wanted to restart the shop" },
  upgradeStore: { label: "Upgrading a shop", did: "upgraded the shop", wanted: "wanted to upgrade the shop" },
  rollbackStore: { label: "Taking an upgrade back", did: "took back the upgrade of the shop", wanted: "wanted to take back the upgrade of the shop" },
  upgradeStores: { label: "Upgrading many shops", did: "planned or began a rollout", wanted: "wanted to begin a rollout" },
  stopRollout: { label: "Stopping a rollout", did: "stopped a rollout", wanted: "wanted to stop a rollout" },
  resumeRollout: { label: "Resuming a rollout", did: "resumed a rollout", wanted: "wanted to resume a rollout" },
  renameStore: { label: "Renaming a shop", did: "renamed the shop", wanted: "wanted to rename the shop" },
  transferStore: { label: "Offering a shop", did: "offered to another owner the shop", wanted: "wanted to offer to another owner the shop" },
  withdrawTransfer: { label: "Withdrawing an offer", did: "withdrew the offer of the shop", wanted: "wanted to withdraw the offer of the shop" },
  acceptTransfer: { label: "Taking a shop over", did: "took over the shop", wanted: "wanted to take over the shop" },
  declineTransfer: { label: "Declining a shop", did: "declined the shop", wanted: "wanted to decline the shop" },
  createBackup: { label: "Backing a shop up", did: "had a backup made of the shop", wanted: "wanted a backup made of the shop" },
  restoreBackup: { label: "Restoring a backup in place", did: "had a backup restored in place of the shop", wanted: "wanted a backup restored in place of the shop" },
  verifyBackup: { label: "Checking a backup", did: "had a backup checked of the shop", wanted: "wanted a backup checked of the shop" },
  pinBackup: { label: "Pinning a backup", did: "pinned a backup of the shop", wanted: "wanted to pin a backup of the shop" },
  unpinBackup: { label: "Unpinning a backup", did: "unpinned a backup of the shop", wanted: "wanted to unpin a backup of the shop" },
  revealAdminPassword: { label: "Looking at a password", did: "looked at the admin password of the shop", wanted: "wanted to see the admin password of the shop" },
  createSignInLink: { label: "Signing in to a shop", did: "made a link to sign in to the shop", wanted: "wanted a link to sign in to the shop" },
  resetAdminPassword: { label: "Setting a new password", did: "had a new admin password set in the shop", wanted: "wanted a new admin password set in the shop" },
  createToken: { label: "Making a token", did: "made an access token", wanted: "wanted to make an access token" },
  revokeToken: { label: "Revoking a token", did: "revoked an access token", wanted: "wanted to revoke an access token" },
  redeemSignInCode: { label: "Signing in with a link", did: "signed in with a link", wanted: "could not sign in with a link" },
  SIGN_IN: { label: "Failing to sign in", did: "signed in", wanted: "could not sign in" },
  createSignInCode: { label: "Making a sign-in link", did: "made a sign-in link", wanted: "wanted to make a sign-in link" },
  moveOwner: { label: "Moving what somebody owns", did: "gave what somebody owned to another owner", wanted: "wanted to give what somebody owned to another owner" },
  forgetCluster: { label: "Forgetting a cluster", did: "had the platform forget its cluster", wanted: "wanted the platform to forget its cluster" },
  restoreDatabase: { label: "Restoring the database", did: "restored the platform’s database from a backup", wanted: "wanted to restore the platform’s database from a backup" },
  adoptStore: { label: "Adopting a shop", did: "adopted from the cluster the shop", wanted: "wanted to adopt from the cluster the shop" },
};

export const ACTION_LABELS = Object.entries(ACTIONS).map(([action, { label }]) => ({ action, label }));

type DeedWords = Pick<ActionWords, "did" | "wanted">;

/** Creations that began with a backup, which are not actions of their own. */
const RESTORED: DeedWords = {
  did: "restored from a backup the new shop",
  wanted: "wanted to restore from a backup the new shop",
};
const COPIED: DeedWords = {
  did: "made from a backup, to try things in, the copy",
  wanted: "wanted to make from a backup, to try things in, the copy",
};

/** What somebody did or wanted to do; an action of a newer platform is said by its name. */
export function deedOf({ action, outcome, arguments: given }: Pick<Entry, "action" | "outcome" | "arguments">): string {
  const words = wordsOf(action, given);
  if (!words) return outcome === "ACCEPTED" ? `did ${action}` : `wanted to do ${action}`;
  return outcome === "ACCEPTED" ? words.did : words.wanted;
}

function wordsOf(action: string, given: unknown): DeedWords | undefined {
  if (action === "createStore") return creationOf(given);
  const version = action === "upgradeStore" ? upgradeVersionIn(given) : undefined;
  return version ? { did: `upgraded to ${version} the shop`, wanted: `wanted to upgrade to ${version} the shop` } : ACTIONS[action];
}

function creationOf(given: unknown): DeedWords | undefined {
  if (isCopy(given)) return COPIED;
  return isFromBackup(given) ? RESTORED : ACTIONS.createStore;
}

/** Who did it. */
export function actorOf({ actor, actorName, actorSource }: Pick<Entry, "actor" | "actorName" | "actorSource">): string {
  if (!actor) return "Somebody";
  return personLabel({ name: actorName ?? actor, source: actorSource ?? "local" });
}

/** The name that was asked for, where the entry has it. */
export function nameIn({ arguments: given }: Pick<Entry, "arguments">): string | undefined {
  if (typeof given !== "object" || given === null || !("name" in given)) return undefined;
  return typeof given.name === "string" ? given.name : undefined;
}
