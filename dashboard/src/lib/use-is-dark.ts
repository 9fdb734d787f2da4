import { useSyncExternalStore } from "react";
import { currentTheme } from "./theme";

const DARK = "(prefers-color-scheme: dark)";

function follow(tell: () => void): () => void {
  const query = matchMedia(DARK);
  query.addEventListener("change", tell);
  return () => query.removeEventListener("change", tell);
}

function isDark(): boolean {
  const theme = currentTheme();
  return theme === "system" ? matchMedia(DARK).matches : theme === "dark";
}

/** Whether the pages are dark now, as chosen in the dashboard, or as the device is. */
export function useIsDark(): boolean {
  return useSyncExternalStore(follow, isDark);
}
