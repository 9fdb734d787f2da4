/**
 * What the browser keeps for a page, if it does: storage may be blocked or full, and people and
 * extensions clear it while a page is open. Nothing here throws.
 */

type Area = "localStorage" | "sessionStorage";

/** What is kept under a key; null is nothing, undefined that it cannot be known. */
export function readKept(area: Area, key: string): string | null | undefined {
  try {
    return window[area].getItem(key);
  } catch {
    return undefined;
  }
}

/** Keep a text, or nothing more with an empty one. Returns whether the browser did so. */
export function keep(area: Area, key: string, text: string): boolean {
  try {
    if (text) window[area].setItem(key, text);
    else window[area].removeItem(key);
    return true;
  } catch {
    return false;
  }
}

/** Forget everything whose key begins so. */
export function forgetAll(area: Area, prefix: string): void {
  try {
    const kept = window[area];
    for (const key of Object.keys(kept)) if (key.startsWith(prefix)) kept.removeItem(key);
  } catch {
    // What cannot be reached cannot be read by others either.
  }
}
