/** @import { Cart, Country } from "../backend/types.js" */
/** @import { Details } from "../backend/carts.js" */
/** @import { Problem } from "./problem.js" */

/**
 * @typedef {object} Field
 * @property {string} name  As Medusa calls it.
 * @property {string} label
 * @property {string} autocomplete
 * @property {string} missing  What to do about an empty one.
 * @property {number} most  Characters.
 * @property {boolean} [isOptional]
 * @property {string} [type]
 * @property {string} [hint]
 */

/** @type {Field} */
export const EMAIL = {
  name: "email",
  label: "E-mail address",
  autocomplete: "email",
  type: "email",
  hint: "The shop writes to you here about your order.",
  missing: "Enter your e-mail address.",
  most: 254,
};

/** @type {Field} */
export const COUNTRY = {
  name: "country_code",
  label: "Country",
  autocomplete: "shipping country",
  missing: "Choose the country to deliver to.",
  most: 2,
};

/** @type {Field[]} */
export const ADDRESS = [
  {
    name: "first_name",
    label: "First name",
    autocomplete: "shipping given-name",
    missing: "Enter your first name.",
    most: 100,
  },
  {
    name: "last_name",
    label: "Last name",
    autocomplete: "shipping family-name",
    missing: "Enter your last name.",
    most: 100,
  },
  {
    name: "address_1",
    label: "Street and number",
    autocomplete: "shipping address-line1",
    missing: "Enter the street and the number.",
    most: 200,
  },
  {
    name: "address_2",
    label: "Flat, floor or company",
    autocomplete: "shipping address-line2",
    isOptional: true,
    missing: "",
    most: 200,
  },
  {
    name: "postal_code",
    label: "Postal code",
    autocomplete: "shipping postal-code",
    missing: "Enter the postal code.",
    most: 20,
  },
  {
    name: "city",
    label: "City",
    autocomplete: "shipping address-level2",
    missing: "Enter the city.",
    most: 100,
  },
  {
    name: "province",
    label: "State or province",
    autocomplete: "shipping address-level1",
    isOptional: true,
    missing: "",
    most: 100,
  },
];

const ALL = [EMAIL, ...ADDRESS, COUNTRY];

/**
 * What stands in each field.
 *
 * @typedef {Record<string, string>} Typed
 */

/**
 * Return what was typed before, when a shopper comes back to change it.
 *
 * @param {Cart} cart
 * @returns {Typed}
 */
export function detailsOf({ email, shipping_address: address, region }) {
  const known = new Map(Object.entries(address ?? {}));
  const typed = Object.fromEntries(ALL.map(({ name }) => [name, String(known.get(name) ?? "")]));
  const [only, another] = region.countries;
  const standard = only && !another ? only.iso_2 : "";
  return { ...typed, email: email ?? "", country_code: address?.country_code ?? standard };
}

/**
 * Read the form, and find every mistake in it.
 *
 * @param {URLSearchParams} form
 * @param {Country[]} countries  That the shop sells to.
 * @returns {{ typed: Typed, problems: Problem[], details: Details }}
 */
export function readDetails(form, countries) {
  const typed = Object.fromEntries(ALL.map(({ name }) => [name, (form.get(name) ?? "").trim()]));
  const problems = ALL.flatMap((field) => {
    const message = mistake(field, typed[field.name] ?? "", countries);
    return message ? [{ field: field.name, message }] : [];
  });
  const { email, ...address } = typed;
  const details = /** @type {Details} */ ({ email, shipping_address: address });
  return { typed, problems, details };
}

/**
 * @param {Field} field
 * @param {string} value
 * @param {Country[]} countries
 */
function mistake(field, value, countries) {
  if (value === "") {
    return field.isOptional ? undefined : field.missing;
  }
  if (value.length > field.most) {
    return `Use at most ${field.most} characters.`;
  }
  if (field === EMAIL && !/^[^\s@]+@[^\s@]+\.[^\s@.]+$/.test(value)) {
    return "Enter an e-mail address such as ada@example.com.";
  }
  if (field === COUNTRY && !countries.some(({ iso_2 }) => iso_2 === value)) {
    return field.missing;
  }
  return undefined;
}
