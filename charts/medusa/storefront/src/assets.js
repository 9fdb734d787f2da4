import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { html } from "./html.js";

/**
 * A file that browsers keep for good: its name changes with what is in it.
 *
 * @typedef {object} Asset
 * @property {string} path
 * @property {string} type
 * @property {string} body
 */

/** @typedef {{ stylesheet: Asset, icon: Asset }} Assets */

/**
 * @param {string} shopName
 * @returns {Assets}
 */
export function createAssets(shopName) {
  const styles = readFileSync(new URL("style.css", import.meta.url), "utf8");
  return {
    stylesheet: create("style", "css", "text/css; charset=utf-8", styles),
    icon: create("icon", "svg", "image/svg+xml", drawIcon(shopName)),
  };
}

/**
 * @param {string} name
 * @param {string} extension
 * @param {string} type
 * @param {string} body
 */
function create(name, extension, type, body) {
  const digest = createHash("sha256").update(body).digest("hex").slice(0, 12);
  return { path: `/assets/${name}.${digest}.${extension}`, type, body };
}

/** @param {string} shopName */
function drawIcon(shopName) {
  const [initial = ""] = shopName.toUpperCase();
  return html`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 64 64">
<rect width="64" height="64" rx="16" fill="#14532d"/>
<text x="32" y="44" fill="#fff" font-family="sans-serif" font-size="36" font-weight="700"
text-anchor="middle">${initial}</text>
</svg>`.text;
}
