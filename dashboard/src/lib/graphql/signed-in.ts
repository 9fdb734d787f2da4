import { SOMEBODY } from "@/lib/other-tabs";
import { currentToken, onTokenChange } from "@/lib/session";
import { connectToPlatform, type Platform } from "./client";

let platform: Platform | null = null;

/** The API as the person who is signed in sees it, or null: made at the sign-in, ended at the sign-out. */
export function currentPlatform(): Platform | null {
  return platform;
}

let name = "";

/** Remember what the platform calls whoever is signed in. */
export function knowName(found: string): void {
  name = found;
}

/** Who is signed in in this tab; "" is nobody. */
export function nameHere(): string {
  return platform ? name || SOMEBODY : "";
}

/** Begin to follow who is signed in. */
export function followSession(): void {
  keepUp();
  onTokenChange(keepUp);
}

/** A token that takes the place of another is the same person's: the connection stays. */
function keepUp(): void {
  if (currentToken()) platform ??= connectToPlatform();
  else {
    platform?.socket.dispose();
    platform = null;
    name = "";
  }
}
