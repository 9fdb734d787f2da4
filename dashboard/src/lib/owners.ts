interface Named {
  name: string;
  source: string;
}

/** What to call somebody: an issuer's person is never taken for one whom the platform itself knows. */
export function personLabel({ name, source }: Named): string {
  if (source === "local" || source === "command line") return name;
  return `${name} (${URL.canParse(source) ? new URL(source).hostname : source})`;
}

/** What to call the owner of a store or token. */
export function ownerLabel({ ownerName, ownerSource }: { ownerName: string; ownerSource: string }): string {
  return personLabel({ name: ownerName, source: ownerSource });
}
