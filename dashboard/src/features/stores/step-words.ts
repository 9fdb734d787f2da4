import type { StepName } from "@/gql/graphql";
import { titleOf } from "@/lib/words";

const TITLES: Record<string, string> = {
  NAMESPACE: "Prepare a private space",
  CREDENTIALS: "Make its passwords",
  HELM_INSTALL: "Install the shop software",
  RESTORE: "Load the backup",
  WORKLOADS_READY: "Start the shop",
  SETUP_JOB: "Set up the shop",
  REACHABLE: "Check the address",
  HELM_UNINSTALL: "Remove the shop software",
  NAMESPACE_GONE: "Remove everything else",
  REPOSITORY: "Prepare a place for the backup",
  SAVE: "Copy the shop",
  CHECK: "Check the copy",
  CLOSE: "Close the shop",
  REMOVE: "Remove the shop as it was",
  STOP: "Stop the shop",
  OPEN: "Open the shop to visitors",
  EXPAND: "Make the disks larger",
  RESTART: "Start every part anew",
  PREFLIGHT: "See whether it can be upgraded",
  PROBE: "Try the shop as a shopper",
  PASSWORD: "Set the new password",
} satisfies Record<StepName, string>;

const HINTS: Record<string, string> = {
  NAMESPACE: "A space of its own keeps the shop apart from all others.",
  CREDENTIALS: "The shop gets passwords that no other shop has.",
  HELM_INSTALL: "The shop’s software and its database are put in place.",
  RESTORE: "The database and the files of the backup are put into the shop.",
  WORKLOADS_READY: "The shop’s software and its database start. This can take some minutes.",
  SETUP_JOB: "The shop gets its first settings and its administrator.",
  REACHABLE: "The shop is ready once its address answers.",
  HELM_UNINSTALL: "The shop stops, and its software is removed.",
  NAMESPACE_GONE: "Products, orders, files and passwords are removed.",
  REPOSITORY: "The shop gets a place of its own among the backups.",
  SAVE: "The shop’s database and its files are copied.",
  CHECK: "The platform sees whether everything is in the backup.",
  CLOSE: "From now on visitors see that the shop will be back soon, so that nothing changes any more.",
  REMOVE: "The shop’s software and its disks are removed. Its address and its passwords stay.",
  STOP: "From now on visitors see that the shop is closed for now. Its software and its database stop, and everything in them is kept.",
  OPEN: "From now on visitors get to the shop again.",
  EXPAND: "The shop’s disks grow where they are, if its plan has larger ones.",
  RESTART: "The shop’s database starts anew, then its software.",
  PREFLIGHT: "The platform makes sure that the new version can be had. The shop is open meanwhile.",
  PROBE: "The platform sees whether a shopper could buy, while the shop is still closed to visitors.",
  PASSWORD: "The shop’s administrator gets the new password, and is signed out everywhere.",
} satisfies Record<StepName, string>;

const OF_A_TASK: StepName[] = ["CLOSE", "REPOSITORY", "SAVE", "CHECK", "STOP", "EXPAND", "RESTART", "PREFLIGHT", "PASSWORD"];

/** Whether a step belongs to a task, such as the saving of a shop, which is told as a whole. */
export function isOfTask(name: string): boolean {
  return (OF_A_TASK as string[]).includes(name);
}

/** What a step does; one that this version of the page does not know is shown by its own name. */
export function stepTitle(name: string): string {
  return TITLES[name] ?? titleOf(name);
}

/** What goes on during a step. */
export function stepHint(name: string): string | undefined {
  return HINTS[name];
}
