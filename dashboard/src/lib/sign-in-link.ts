/**
 * Signing in with a link: `#code=…` in the address, as `make up` and `app token link` print it.
 *
 * The code leaves the address and the history before anything else. It is good once: what it is
 * redeemed for signs in at once where nobody is signed in, and else only after the person has said so.
 */

import { askApi, nameBehind } from "./ask-api";
import { askOtherTabs, SOMEBODY } from "./other-tabs";
import { currentToken, replaceToken } from "./session";
import { wordsOf } from "./words";

export type SignInLink =
  | { state: "none" }
  | { state: "redeeming" }
  /** Whether to go on as `name` in place of `present`, who is signed in here or in another tab. */
  | { state: "asking"; name: string; present: string; isHere: boolean }
  | { state: "refused"; message: string };

interface Issued {
  secret: string;
  token: { id: string; owner: string };
}

const NONE: SignInLink = { state: "none" };
const OLD_LINK =
  "It has a token in it, and such links no longer sign anybody in: whoever sees one could use it. " +
  "Ask for a new link; on your own machine `make up` prints one.";
/** What a link's code looks like. Anything else may not fit into a header, or is another kind of credential. */
const CODE = /^spc_[\w-]{1,96}$/;
const REDEEM = `mutation RedeemSignInCode($code: String!) {
  redeemSignInCode(input: { code: $code }) { secret token { id owner } errors { message } } }`;
const REVOKE = `mutation GiveUpSession($id: ID!) {
  revokeToken(input: { id: $id }) { errors { message } } }`;

const listeners = new Set<() => void>();
let link: SignInLink = NONE;
let issued: Issued | null = null;

export function currentLink(): SignInLink {
  return link;
}

/** Be told when the link's state changes. Returns how to stop. */
export function onLinkChange(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Sign in with the link that a page was opened with, and with those that are opened in it later. */
export function followLinks(): void {
  void openLink();
  addEventListener("hashchange", () => void openLink());
}

/** Take a code out of the address, if there is one, and sign in with it. */
export async function openLink(): Promise<void> {
  const given = new URLSearchParams(location.hash.slice(1));
  const code = given.get("code");
  if (code === null && !given.has("token")) return;
  history.replaceState(history.state, "", location.pathname + location.search);
  giveUp();
  if (code === null) become({ state: "refused", message: OLD_LINK });
  else await redeem(code);
}

/** Sign in as the link says. */
export function acceptLink(): void {
  const accepted = issued;
  issued = null;
  become(NONE);
  if (accepted) replaceToken(accepted.secret);
}

/** Stay who one is; what the link was redeemed for is revoked. Also closes what was told of a link. */
export function declineLink(): void {
  giveUp();
  become(NONE);
}

async function redeem(code: string): Promise<void> {
  become({ state: "redeeming" });
  try {
    // Whether another tab is signed in is asked meanwhile, so that nobody waits for it.
    const [found, elsewhere, here] = await Promise.all([exchange(code), askOtherTabs(), nameHere()]);
    issued = found;
    const name = found.token.owner;
    if (here !== null) become({ state: "asking", name, present: here, isHere: true });
    else if (elsewhere !== null && elsewhere !== name) become({ state: "asking", name, present: elsewhere, isHere: false });
    else acceptLink();
  } catch (error) {
    become({ state: "refused", message: wordsOf(error) });
  }
}

async function exchange(code: string): Promise<Issued> {
  // The code is sent as the credential too: a good one is not held up by what others at our address ask for.
  const { data, errors } = await askApi(REDEEM, { code }, CODE.test(code) ? code : "");
  const payload = data?.redeemSignInCode as (Partial<Issued> & { errors: { message: string }[] }) | undefined;
  const refusal = errors?.[0] ?? payload?.errors[0];
  if (refusal) throw new Error(refusal.message);
  if (!payload?.secret || !payload.token) throw new Error("The platform's answer cannot be read. Load the page again.");
  return { secret: payload.secret, token: payload.token };
}

/** Who is signed in in this tab; a token that is no longer accepted is nobody's. */
async function nameHere(): Promise<string | null> {
  const token = currentToken();
  return token ? nameBehind(token).catch(() => SOMEBODY) : null;
}

/** What was redeemed and is not wanted is good for nobody. */
function giveUp(): void {
  if (issued) void askApi(REVOKE, { id: issued.token.id }, issued.secret).catch(() => undefined);
  issued = null;
}

function become(next: SignInLink): void {
  link = next;
  for (const listener of listeners) listener();
}
