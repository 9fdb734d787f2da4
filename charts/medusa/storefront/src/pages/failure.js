/** @import { Shop } from "../shop.js" */
/** @import { Shopper } from "../http/shopper.js" */
import { html } from "../html.js";
import { layout } from "./layout.js";

/**
 * @param {Shop} shop
 * @param {Shopper} shopper
 * @param {{ title: string, sentence: string, retryPath?: string }} what
 */
export function failurePage(shop, shopper, { title, sentence, retryPath }) {
  const main = html`<div class="message">
<h1>${title}</h1>
<p>${sentence}</p>
<p>${
    retryPath
      ? html`<a class="button" href="${retryPath}">Try again</a>`
      : html`<a class="button" href="/">See all products</a>`
  }</p>
</div>`;
  return layout(shop, shopper, { title, main });
}
