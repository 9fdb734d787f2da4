/** The address of the form for a new shop from a backup. */
export function restorePath(storeId: string, number: number): string {
  return `/stores/new?${new URLSearchParams({ store: storeId, backup: String(number) }).toString()}`;
}

/** Which backup of which shop an address of the form names; undefined where it is for an empty shop. */
export function restoreChoice(search: URLSearchParams): { storeId: string; number: number } | undefined {
  const number = search.get("backup");
  return number === null ? undefined : { storeId: search.get("store") ?? "", number: Number(number) };
}
