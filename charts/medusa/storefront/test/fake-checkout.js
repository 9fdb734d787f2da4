/** @import { Call } from "./fake-medusa.js" */
/** @import { Address, ShippingOption } from "../src/backend/types.js" */
/** @import { createProducts, createRegion } from "./fake-catalogue.js" */
import { SHIPPING } from "./fake-catalogue.js";

const TAX_RATE = 0.2;

/** What Medusa answers with another status. */
export class Refused extends Error {
  /**
   * @param {number} status
   * @param {string} type
   * @param {string} message
   * @param {string} [code]
   */
  constructor(status, type, message, code) {
    super(message);
    this.status = status;
    this.type = type;
    this.code = code;
  }
}

/**
 * @typedef {object} FakeCart
 * @property {string} id
 * @property {string | null} email
 * @property {Address | null} shipping_address
 * @property {{ id: string, variant_id: string, quantity: number }[]} items
 * @property {ShippingOption | null} shipping
 * @property {{ id: string, payment_sessions: { provider_id: string, status: string }[] } | null} payment
 * @property {string | null} completed_at
 */

/** Carts, and the orders they become. */
export class FakeCheckout {
  /** @type {Map<string, FakeCart>} */
  carts = new Map();
  /** @type {Map<string, any>} By the id of the cart. */
  orders = new Map();
  #products;
  #regions;
  #number = 0;

  /**
   * @param {ReturnType<typeof createProducts>} products
   * @param {ReturnType<typeof createRegion>[]} regions
   */
  constructor(products, regions) {
    this.#products = products;
    this.#regions = regions;
  }

  /**
   * @param {Call} call
   * @returns {object}
   */
  answer({ line, query, body }) {
    const [method, path = ""] = line.split(" ");
    const [, , kind, id = "", part, partId] = path.split("/");
    switch (`${method} ${kind}${part ? ` ${part}` : ""}`) {
      case "POST carts":
        return { cart: this.#show(id ? this.#update(id, body) : this.#create()) };
      case "GET carts":
        return { cart: this.#show(this.#cart(id)) };
      case "POST carts line-items":
        return { cart: this.#show(this.#setItem(this.#open(id), { id: partId, ...body })) };
      case "DELETE carts line-items":
        return { id: partId, deleted: true, parent: this.#show(this.#remove(id, partId)) };
      case "GET shipping-options":
        return { shipping_options: this.#shippingOptions(query.get("cart_id") ?? "") };
      case "POST carts shipping-methods":
        return { cart: this.#show(this.#chooseShipping(id, body.option_id)) };
      case "POST payment-collections":
        return { payment_collection: this.#collection(body.cart_id) };
      case "POST payment-collections payment-sessions":
        return { payment_collection: this.#addSession(id, body.provider_id) };
      case "POST carts complete":
        return { type: "order", order: this.#complete(this.#cart(id)) };
      case "GET orders":
        return { order: this.#order(id) };
      default:
        throw new Refused(404, "not_found", `Cannot ${line}`);
    }
  }

  #create() {
    /** @type {FakeCart} */
    const cart = {
      id: `cart_${this.#nextId()}`,
      email: null,
      shipping_address: null,
      items: [],
      shipping: null,
      payment: null,
      completed_at: null,
    };
    this.carts.set(cart.id, cart);
    return cart;
  }

  /** @param {string} id */
  #cart(id) {
    const cart = this.carts.get(id);
    if (!cart) {
      throw new Refused(404, "not_found", `Cart id not found: ${id}`);
    }
    return cart;
  }

  /** @param {string} id */
  #open(id) {
    const cart = this.#cart(id);
    if (cart.completed_at) {
      throw new Refused(400, "invalid_data", `Cart ${id} is already completed.`);
    }
    // The amount changes, so Medusa drops the payment.
    cart.payment &&= { ...cart.payment, payment_sessions: [] };
    return cart;
  }

  /**
   * @param {string} id
   * @param {Record<string, any>} changes
   */
  #update(id, { email, shipping_address }) {
    const cart = Object.assign(this.#open(id), { email, shipping_address });
    // What is not offered for the new address is not kept.
    cart.shipping = this.#shippingOptions(id).find((option) => option.id === cart.shipping?.id) ?? null;
    return cart;
  }

  /**
   * @param {FakeCart} cart
   * @param {Record<string, any>} item
   */
  #setItem(cart, { id, variant_id, quantity }) {
    const item = cart.items.find((known) => (id ? known.id === id : known.variant_id === variant_id));
    if (id && !item) {
      throw new Refused(404, "not_found", `Line item with id: ${id} was not found`);
    }
    const variant = this.#variant(item?.variant_id ?? variant_id);
    const wanted = id ? quantity : (item?.quantity ?? 0) + quantity;
    if (wanted > variant.inventory_quantity) {
      const message = "Some variant does not have the required inventory";
      throw new Refused(400, "not_allowed", message, "insufficient_inventory");
    }
    if (item) {
      item.quantity = wanted;
    } else {
      cart.items.push({ id: `cali_${this.#nextId()}`, variant_id, quantity });
    }
    return cart;
  }

  /**
   * @param {string} id
   * @param {string} [itemId]
   */
  #remove(id, itemId) {
    const cart = this.#open(id);
    cart.items = cart.items.filter((item) => item.id !== itemId);
    return cart;
  }

  /** @param {string} id */
  #variant(id) {
    const variant = this.#products.flatMap(({ variants }) => variants).find((each) => each.id === id);
    if (!variant) {
      throw new Refused(400, "invalid_data", `Variants with IDs ${id} do not exist, or belong to a product that is not published`);
    }
    return variant;
  }

  /**
   * @param {string} cartId
   * @returns {ShippingOption[]}
   */
  #shippingOptions(cartId) {
    const country = this.#cart(cartId).shipping_address?.country_code ?? "";
    return new Map(Object.entries(SHIPPING)).get(country) ?? [];
  }

  /**
   * @param {string} id
   * @param {string} optionId
   */
  #chooseShipping(id, optionId) {
    const shipping = this.#shippingOptions(id).find((option) => option.id === optionId);
    if (!shipping) {
      throw new Refused(400, "invalid_data", `Shipping Options are invalid for cart.`);
    }
    return Object.assign(this.#open(id), { shipping });
  }

  /** @param {string} cartId */
  #collection(cartId) {
    const cart = this.#cart(cartId);
    cart.payment ??= { id: `pay_col_${cartId}`, payment_sessions: [] };
    return cart.payment;
  }

  /**
   * @param {string} id
   * @param {string} provider_id
   */
  #addSession(id, provider_id) {
    const cart = [...this.carts.values()].find(({ payment }) => payment?.id === id);
    if (!cart?.payment) {
      throw new Refused(404, "not_found", `Payment collection id not found: ${id}`);
    }
    cart.payment = { id, payment_sessions: [{ provider_id, status: "pending" }] };
    return cart.payment;
  }

  /** @param {FakeCart} cart */
  #complete(cart) {
    const known = this.orders.get(cart.id);
    if (known) {
      return known;
    }
    if (!cart.shipping || !cart.email || cart.payment?.payment_sessions.length !== 1) {
      throw new Refused(400, "invalid_data", "Payment sessions are required to complete cart");
    }
    cart.completed_at = "2026-11-29T12:00:00.000Z";
    const display_id = this.orders.size + 1;
    const order = {
      ...this.#showTotals(cart),
      id: `order_${this.#nextId()}`,
      display_id,
      created_at: cart.completed_at,
    };
    this.orders.set(cart.id, order);
    return order;
  }

  /** @param {string} id */
  #order(id) {
    const order = [...this.orders.values()].find((each) => each.id === id);
    if (!order) {
      throw new Refused(404, "not_found", `Order id not found: ${id}`);
    }
    return order;
  }

  /** @param {FakeCart} cart */
  #show(cart) {
    return {
      ...this.#showTotals(cart),
      completed_at: cart.completed_at,
      region: this.#regions[0],
      // Left out before there is one.
      payment_collection: cart.payment ?? undefined,
    };
  }

  /**
   * What carts and orders have in common.
   *
   * @param {FakeCart} cart
   */
  #showTotals(cart) {
    const items = cart.items.map((item) => this.#showItem(item));
    const item_subtotal = items.reduce((sum, { unit_price, quantity }) => sum + unit_price * quantity, 0);
    const shipping_subtotal = cart.shipping?.amount ?? 0;
    // Medusa knows the rate from the address.
    const rate = cart.shipping_address ? TAX_RATE : 0;
    const tax_total = (item_subtotal + shipping_subtotal) * rate;
    return {
      id: cart.id,
      email: cart.email,
      currency_code: "eur",
      shipping_address: cart.shipping_address,
      shipping_methods: cart.shipping
        ? [{ name: cart.shipping.name, shipping_option_id: cart.shipping.id, amount: cart.shipping.amount }]
        : [],
      items,
      item_subtotal,
      item_total: item_subtotal * (1 + rate),
      shipping_subtotal,
      shipping_total: shipping_subtotal * (1 + rate),
      discount_total: 0,
      discount_subtotal: 0,
      tax_total,
      total: item_subtotal + shipping_subtotal + tax_total,
    };
  }

  /** @param {{ id: string, variant_id: string, quantity: number }} item */
  #showItem({ id, variant_id, quantity }) {
    const variant = this.#variant(variant_id);
    const product = this.#products.find(({ variants }) => variants.includes(variant));
    return {
      id,
      variant_id,
      quantity,
      product_title: product?.title ?? "",
      product_handle: product?.handle ?? "",
      variant_title: variant.title,
      thumbnail: product?.thumbnail ?? null,
      unit_price: variant.calculated_price?.calculated_amount ?? 0,
      is_tax_inclusive: false,
    };
  }

  /** Ids have the shape of Medusa's: 26 digits and capital letters. */
  #nextId() {
    this.#number += 1;
    return `01JFAKE${String(this.#number).padStart(19, "0")}`;
  }
}
