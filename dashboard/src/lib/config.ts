import { fetchDated } from "./server-clock";

export interface OidcConfig {
  issuer: string;
  clientId: string;
  scopes: string[];
}

export interface PageConfig {
  version: string;
  oidc: OidcConfig | null;
}

/** What the pages must know before anybody is signed in. */
export async function readConfig(): Promise<PageConfig> {
  const answer = await fetchDated("/config.json");
  if (!answer.ok) return { version: "", oidc: null };
  return (await answer.json()) as PageConfig;
}
