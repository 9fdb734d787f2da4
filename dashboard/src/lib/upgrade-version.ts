/** The version that a shop was asked to be upgraded to, where what it was asked for with names one. */
export function upgradeVersionIn(given: unknown): string | undefined {
  if (typeof given !== "object" || given === null || !("version" in given)) return undefined;
  return typeof given.version === "string" ? given.version : undefined;
}
