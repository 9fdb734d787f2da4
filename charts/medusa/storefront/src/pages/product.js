/** @import { Shop } from "../shop.js" */
/** @import { Product } from "../backend/products.js" */
/** @import { Problem } from "../forms/problem.js" */
/** @import { Shopper } from "../http/shopper.js" */
import { problemAt } from "../forms/problem.js";
import { html } from "../html.js";
import { radioGroup, selectBox } from "./choices.js";
import { quantityField } from "./fields.js";
import { layout } from "./layout.js";
import { picture } from "./picture.js";
import { writePrice, writePriceRange } from "./price.js";
import { problemSummary } from "./problems.js";

const MOST_RADIOS = 8;
const DESCRIPTION_LENGTH = 155;

/**
 * @typedef {object} ProductView
 * @property {Product} product
 * @property {Problem[]} [problems]
 * @property {{ variant: string, quantity: string }} [typed]
 */

/**
 * @param {Shop} shop
 * @param {Shopper} shopper
 * @param {ProductView} view
 */
export function productPage(shop, shopper, view) {
  const { product, problems = [] } = view;
  const { title, description, variants } = product;
  const [first, ...others] = product.pictures;
  const main = html`${problemSummary(problems)}
<div class="product-page">
<div class="product-picture">${picture({ url: first, title, alt: title, isUrgent: true })}</div>
<div class="product-facts">
<h1>${title}</h1>
<p class="price">${writePriceRange(product)}</p>
${variants.some(({ canBeBought }) => canBeBought) ? buyForm(view) : html`<p class="notice">This is sold out.</p>`}
<div class="description">${paragraphs(description)}</div>
</div>
${others.length > 0 && html`<div class="more-pictures">
${others.map((url, index) => picture({ url, title, alt: `${title}, picture ${index + 2}` }))}
</div>`}
</div>`;
  return layout(shop, shopper, {
    title,
    description: description.slice(0, DESCRIPTION_LENGTH),
    hasProblems: problems.length > 0,
    main,
  });
}

/** @param {ProductView} view */
function buyForm({ product, problems = [], typed }) {
  return html`<form class="buy" method="post" action="/cart/items" novalidate>
<input type="hidden" name="product" value="${product.handle}">
${variantField(product, { value: typed?.variant, problem: problemAt(problems, "variant") })}
${quantityField(
    { id: "quantity", label: "Quantity" },
    { value: typed?.quantity ?? "1", problem: problemAt(problems, "quantity") },
  )}
<button class="button">Add to cart</button>
</form>`;
}

/**
 * @param {Product} product
 * @param {{ value?: string, problem?: string }} state
 */
function variantField({ variants, options }, state) {
  const [only] = variants;
  if (only && variants.length === 1) {
    return html`<input type="hidden" name="variant" value="${only.id}">`;
  }
  const choices = variants.map((variant) => ({
    value: variant.id,
    label: variant.title,
    note: variant.canBeBought ? writePrice(variant) : "Sold out",
    isDisabled: !variant.canBeBought,
  }));
  const [option] = options;
  const legend = option && options.length === 1 ? option : "Which one?";
  const group = { name: "variant", legend };
  return variants.length <= MOST_RADIOS
    ? radioGroup(group, choices, state)
    : selectBox(group, choices, state);
}

/** @param {string} text */
function paragraphs(text) {
  const parts = text.split(/\n\s*\n/).filter((part) => part.trim());
  return parts.map((part) => html`<p>${part.trim()}</p>\n`);
}
