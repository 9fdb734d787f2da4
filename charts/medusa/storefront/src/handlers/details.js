/** @import { Shop } from "../shop.js" */
/** @import { Visit } from "../routes.js" */
/** @import { Problem } from "../forms/problem.js" */
import { BackendRefused } from "../backend/errors.js";
import { detailsOf, readDetails } from "../forms/details.js";
import { page, redirect } from "../http/replies.js";
import { detailsPage } from "../pages/details.js";
import { useCart } from "./use-cart.js";

/**
 * The first step of the check-out: who buys, and where to.
 *
 * @param {Shop} shop
 * @param {Visit} visit
 */
export function showDetails(shop, { shopper }) {
  return useCart(shop, shopper, (cart, now) =>
    page(detailsPage(shop, now, { cart, typed: detailsOf(cart) }), { shopper: now, isPersonal: true }),
  );
}

/**
 * Save the details, and choose the delivery if there is but one.
 *
 * @param {Shop} shop
 * @param {Visit} visit
 */
export function saveDetails(shop, { form, shopper }) {
  return useCart(shop, shopper, async (cart, now) => {
    const { typed, problems, details } = readDetails(form, cart.region.countries);
    /** @param {Problem[]} told */
    const tell = (told) =>
      page(detailsPage(shop, now, { cart, typed, problems: told }), { status: 422 });

    if (problems.length > 0) {
      return tell(problems);
    }
    try {
      await shop.carts.setDetails(cart.id, details);
    } catch (error) {
      if (error instanceof BackendRefused) {
        return tell([refusedField(error)]);
      }
      throw error;
    }
    const [only, another] = await shop.carts.shippingOptions(cart.id);
    if (!only) {
      const message = "The shop does not deliver to this address. Choose another country.";
      return tell([{ field: "country_code", message }]);
    }
    if (another) {
      return redirect("/checkout/delivery", now);
    }
    await shop.carts.chooseShipping(cart.id, only.id);
    return redirect("/checkout/review", now);
  });
}

/** @param {BackendRefused} error */
function refusedField({ message }) {
  return /e-?mail/i.test(message)
    ? { field: "email", message: "The shop does not take this e-mail address. Check how it is written." }
    : { field: "address_1", message: "The shop does not take this address. Check each line of it." };
}
