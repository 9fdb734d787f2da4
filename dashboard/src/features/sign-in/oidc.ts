import { type User, UserManager, WebStorageStateStore } from "oidc-client-ts";
import type { OidcConfig } from "@/lib/config";
import { setToken } from "@/lib/session";

/** Where the provider sends the browser back to. */
export const CALLBACK_PATH = "/signed-in";

function managerOf({ issuer, clientId, scopes }: OidcConfig): UserManager {
  return new UserManager({
    authority: issuer,
    client_id: clientId,
    scope: scopes.join(" "),
    redirect_uri: location.origin + CALLBACK_PATH,
    response_type: "code",
    userStore: new WebStorageStateStore({ store: sessionStorage }),
    stateStore: new WebStorageStateStore({ store: sessionStorage }),
  });
}

/** Go to the provider (authorization code with PKCE); it comes back to CALLBACK_PATH. */
export async function beginSignIn(config: OidcConfig): Promise<void> {
  await managerOf(config).signinRedirect({ state: location.pathname + location.search });
}

/** Take the provider's answer from the address; return where the person wanted to be. */
export async function completeSignIn(config: OidcConfig): Promise<string> {
  const user = await managerOf(config).signinCallback();
  if (!user) throw new Error("The provider's answer could not be read. Sign in again.");
  setToken(tokenOf(user));
  return typeof user.state === "string" ? user.state : "/stores";
}

/** The access token where it is one that the API can read; some providers' are not. */
function tokenOf({ access_token, id_token }: User): string {
  return access_token.split(".").length === 3 ? access_token : (id_token ?? access_token);
}
