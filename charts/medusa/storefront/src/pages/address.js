/** @import { Address } from "../backend/types.js" */
import { html } from "../html.js";

const NAMES = new Intl.DisplayNames("en", { type: "region", fallback: "code" });

/** @param {Address} address */
export function addressBlock(address) {
  const lines = [
    `${address.first_name} ${address.last_name}`,
    address.address_1,
    address.address_2,
    `${address.postal_code} ${address.city}`,
    address.province,
    NAMES.of(address.country_code.toUpperCase()),
  ];
  const written = lines.filter(Boolean).map((line, index) => html`${index > 0 && html`<br>`}${line}`);
  return html`<address>${written}</address>`;
}
