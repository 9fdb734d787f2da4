import { readFileSync } from "node:fs";
import { expect, test } from "vitest";

const tokens = readFileSync("src/app/styles/tokens.css", "utf8");
const theme = readFileSync("src/graphiql/theme.css", "utf8");
const [light = "", dark = ""] = theme.split("body.graphiql-dark");

/** GraphiQL's name of each colour, and the dashboard's. */
const COLOURS = {
  base: "surface",
  neutral: "text",
  primary: "accent",
  secondary: "leaving-text",
  tertiary: "progress-text",
  info: "progress-text",
  success: "ready-text",
  warning: "warning-text",
  error: "failed-text",
};

/** "#3b4cca" as GraphiQL writes it: hue, saturation and lightness. */
function hslOf(hex: string): string {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16) / 255);
  const [most, least] = [Math.max(red, green, blue), Math.min(red, green, blue)];
  const [lightness, spread] = [(most + least) / 2, most - least];
  const saturation = spread === 0 ? 0 : spread / (1 - Math.abs(2 * lightness - 1));
  const turn = most === red ? ((green - blue) / spread) % 6 : most === green ? (blue - red) / spread + 2 : (red - green) / spread + 4;
  const hue = spread === 0 ? 0 : (Math.round(turn * 60) + 360) % 360;
  return `${hue}, ${Math.round(saturation * 100)}%, ${Math.round(lightness * 100)}%`;
}

test.each(Object.entries(COLOURS))("GraphiQL's colour %s is the dashboard's %s", (name, token) => {
  const [, inLight = "", inDark = ""] = new RegExp(`--${token}: light-dark\\((#\\w+), (#\\w+)\\)`).exec(tokens) ?? [];
  expect(light).toContain(`--color-${name}: ${hslOf(inLight)};`);
  expect(dark).toContain(`--color-${name}: ${hslOf(inDark)};`);
});
