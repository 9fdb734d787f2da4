/** Whether what a shop was asked for with names a backup to make it from. */
export function isFromBackup(given: unknown): boolean {
  return typeof given === "object" && given !== null && "fromBackup" in given && typeof given.fromBackup === "string";
}
