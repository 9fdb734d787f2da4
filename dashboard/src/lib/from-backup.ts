/** Whether what a shop was asked for with makes it a copy to try things in. */
export function isCopy(given: unknown): boolean {
  return isFromBackup(given) && (given as { asCopy?: unknown }).asCopy === true;
}

/** Whether what a shop was asked for with names a backup to make it from. */
export function isFromBackup(given: unknown): boolean {
  return typeof given === "object" && given !== null && "fromBackup" in given && typeof given.fromBackup === "string";
}
