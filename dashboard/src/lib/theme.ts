import { keep, readKept } from "./storage";

export type Theme = "system" | "light" | "dark";

const KEY = "store-platform-theme";
let theme: Theme = keptTheme();

export function currentTheme(): Theme {
  return theme;
}

/** Use a theme from now on; `system` follows the device. */
export function setTheme(chosen: Theme): void {
  theme = chosen;
  keep("localStorage", KEY, chosen === "system" ? "" : chosen);
  applyTheme();
}

export function applyTheme(): void {
  if (theme === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
}

function keptTheme(): Theme {
  const kept = readKept("localStorage", KEY);
  return kept === "light" || kept === "dark" ? kept : "system";
}
