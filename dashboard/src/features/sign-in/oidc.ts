import { ErrorResponse, InMemoryWebStorage, type User, UserManager, WebStorageStateStore } from "oidc-client-ts";
import type { OidcConfig } from "@/lib/config";
import { wordsOf } from "@/lib/words";
import { nameBehind } from "@/lib/ask-api";
import { keep } from "@/lib/storage";

/** Where the provider sends the browser back to. */
export const CALLBACK_PATH = "/signed-in";

const PROBE = "store-platform-probe";

/** The API's token of somebody who has signed in, and where they wanted to be. */
export interface SignedIn {
  token: string;
  path: string;
}

function managerOf({ issuer, clientId, scopes }: OidcConfig): UserManager {
  return new UserManager({
    authority: issuer,
    client_id: clientId,
    scope: scopes.join(" "),
    redirect_uri: location.origin + CALLBACK_PATH,
    response_type: "code",
    // Only the session keeps what came of it, so that signing out leaves nothing behind.
    userStore: new WebStorageStateStore({ store: new InMemoryWebStorage() }),
    stateStore: new WebStorageStateStore({ store: sessionStorage }),
  });
}

/** Go to the provider (authorization code with PKCE); it comes back to CALLBACK_PATH. */
export async function beginSignIn(config: OidcConfig): Promise<void> {
  if (!keep("sessionStorage", PROBE, "1")) {
    throw new Error("This browser keeps nothing for this page, which signing in with a provider needs. Allow it to, or use an access token.");
  }
  keep("sessionStorage", PROBE, "");
  try {
    await managerOf(config).signinRedirect({ state: location.pathname + location.search });
  } catch (error) {
    throw new Error(problemOf(error), { cause: error });
  }
}

/** Take the provider's answer from the address. Throws an error that says in words what is wrong. */
export async function completeSignIn(config: OidcConfig): Promise<SignedIn> {
  const user = await answerTo(managerOf(config));
  const token = tokenOf(user);
  if ((await nameBehind(token)) === null) {
    throw new Error("The provider knows you, but this platform does not let you in. Ask its administrators for a role.");
  }
  return { token, path: typeof user.state === "string" ? user.state : "/stores" };
}

async function answerTo(manager: UserManager): Promise<User> {
  try {
    return await manager.signinRedirectCallback();
  } catch (error) {
    throw new Error(problemOf(error), { cause: error });
  }
}

function problemOf(error: unknown): string {
  if (error instanceof ErrorResponse) {
    const said = error.error_description ?? error.error ?? "";
    return error.error === "access_denied" ? `The sign-in was refused: ${said}.` : `The provider says: ${said}.`;
  }
  if (error instanceof TypeError) return "The provider did not answer. Try again in a moment.";
  // What is kept of a sign-in may have been cleared, or changed into something that is no JSON.
  if (error instanceof SyntaxError || (error instanceof Error && /state/i.test(error.message))) {
    return "This answer belongs to no sign-in of this tab. It may be an old one, or somebody else's.";
  }
  return wordsOf(error);
}

/** The access token where it is one that the API can read; some providers' are not. */
function tokenOf({ access_token, id_token }: User): string {
  return access_token.split(".").length === 3 ? access_token : (id_token ?? access_token);
}
