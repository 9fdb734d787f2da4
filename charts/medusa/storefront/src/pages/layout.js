/** @import { Shop } from "../shop.js" */
/** @import { Shopper } from "../http/shopper.js" */
/** @import { Markup } from "../html.js" */
import { html } from "../html.js";

// At the top of the page and in its flow, so that it covers nothing.
const COPY_NOTICE = html`
<p class="copy-notice">This is a copy of a shop, to try things in. It sends no mail and takes no payments.</p>`;

/**
 * Write a whole page around its content.
 *
 * @param {Shop} shop
 * @param {Shopper} shopper
 * @param {object} content
 * @param {string} [content.title]  Only the shop's name if left out.
 * @param {string} [content.description]  For search engines.
 * @param {boolean} [content.hasProblems]  Said in the title, which screen readers read first.
 * @param {Markup} content.main
 */
export function layout({ config, assets }, shopper, { title, description, hasProblems, main }) {
  const name = config.shopName;
  const whole = title ? `${title} – ${name}` : name;
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${hasProblems && "Error: "}${whole}</title>
${description && html`<meta name="description" content="${description}">`}
<link rel="icon" href="${assets.icon.path}" type="image/svg+xml">
<link rel="stylesheet" href="${assets.stylesheet.path}">
</head>
<body>
<a class="skip" href="#main">Skip to the content</a>
<header class="site-header">${config.isCopy && COPY_NOTICE}
<div class="site-header-inner">
<a class="brand" href="/">${name}</a>
<nav aria-label="Shop"><a href="/">Products</a>${cartLink(shopper.cart?.count ?? 0)}</nav>
</div>
</header>
<main id="main" tabindex="-1">
${main}
</main>
<footer class="site-footer"><p>${name}</p></footer>
</body>
</html>
`;
}

/** @param {number} count */
function cartLink(count) {
  const label = count === 1 ? "Cart, 1 item" : `Cart, ${count} items`;
  const seen = html`<span aria-hidden="true">Cart <span class="count">${count}</span></span>`;
  return html`<a href="/cart">${count > 0 ? html`<span class="unseen">${label}</span>${seen}` : "Cart"}</a>`;
}
