/** @import { Shop } from "../shop.js" */
/** @import { Product } from "../backend/products.js" */
/** @import { ProductPage } from "../backend/catalogue.js" */
/** @import { Shopper } from "../http/shopper.js" */
import { html } from "../html.js";
import { layout } from "./layout.js";
import { picture } from "./picture.js";
import { writePriceRange } from "./price.js";

// About what is in sight at first on a desktop.
const URGENT_PICTURES = 4;

/**
 * @param {Shop} shop
 * @param {Shopper} shopper
 * @param {ProductPage & { current: number }} list
 */
export function homePage(shop, shopper, { products, count, pages, current }) {
  const main = html`<div class="title-row">
<h1>Products</h1>
<p class="quiet">${count === 1 ? "1 product" : `${count} products`}</p>
</div>
<ul class="products" role="list">
${products.map(card)}
</ul>
${pages > 1 && paging(current, pages)}`;
  const title = current > 1 ? `Products, page ${current}` : undefined;
  const description = `Shop at ${shop.config.shopName}.`;
  return layout(shop, shopper, { title, description, main: count > 0 ? main : openingSoon() });
}

function openingSoon() {
  return html`<div class="message">
<h1>Opening soon</h1>
<p>There is nothing to buy yet. Please come back later.</p>
</div>`;
}

/**
 * @param {Product} product
 * @param {number} index
 */
function card(product, index) {
  const { title, handle, pictures, variants } = product;
  const isSoldOut = !variants.some(({ canBeBought }) => canBeBought);
  return html`<li class="product${isSoldOut && " product-sold-out"}">
${picture({ url: pictures[0], title, isUrgent: index < URGENT_PICTURES })}
<h2><a href="/products/${encodeURIComponent(handle)}">${title}</a></h2>
<p>${isSoldOut ? html`<span class="quiet">Sold out</span>` : writePriceRange(product)}</p>
</li>
`;
}

/**
 * @param {number} current
 * @param {number} pages
 */
function paging(current, pages) {
  return html`<nav class="paging" aria-label="Pages">
${current > 1 && html`<a rel="prev" href="/?page=${current - 1}">Previous page</a>`}
<span class="quiet">Page ${current} of ${pages}</span>
${current < pages && html`<a rel="next" href="/?page=${current + 1}">Next page</a>`}
</nav>`;
}
