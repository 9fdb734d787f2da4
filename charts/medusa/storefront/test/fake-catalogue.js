/** What the fake Medusa sells. Amounts are without tax, as Medusa's sample data has them. */

/**
 * @param {string} id
 * @param {string} title
 * @param {number | null} amount
 * @param {number} [stock]
 */
function variant(id, title, amount, stock = 100) {
  return {
    id: `variant_${id}`,
    title,
    manage_inventory: true,
    allow_backorder: false,
    inventory_quantity: stock,
    calculated_price: amount === null ? null : { calculated_amount: amount, currency_code: "eur" },
  };
}

/**
 * @param {string} handle
 * @param {string} title
 * @param {ReturnType<typeof variant>[]} variants
 * @param {{ description?: string, hasPicture?: boolean, morePictures?: string[], option?: string }} [more]
 */
function product(handle, title, variants, more = {}) {
  const { description = "", hasPicture = true, morePictures = [], option = "Default option" } = more;
  const thumbnail = hasPicture ? `/static/${handle}.svg` : null;
  const images = [thumbnail, ...morePictures].filter((url) => url !== null).map((url) => ({ url }));
  return { id: `prod_${handle}`, handle, title, description, thumbnail, images, options: [{ title: option }], variants };
}

export function createProducts() {
  return [
    product(
      "linen-shirt",
      "Linen shirt",
      [variant("shirt_s", "S", 59), variant("shirt_m", "M", 59, 3), variant("shirt_l", "L", 64, 0)],
      {
        description: "Woven from European flax, and washed until it is soft.\n\nFits true to size.",
        morePictures: ["/static/linen-shirt-back.svg"],
        option: "Size",
      },
    ),
    product("stoneware-mug", "Stoneware mug", [variant("mug", "Default variant", 18.5)]),
    product("beeswax-candle", "Beeswax candle", [variant("candle", "Default variant", 12)], { hasPicture: false }),
    product("harbour-print", "Harbour print", [variant("print", "Default variant", 35, 0)]),
    product("oak-board", "Oak bread board with a handle", [variant("board", "Default variant", 42)]),
    product("wool-blanket", "Wool blanket", [
      ...["Ash", "Moss", "Rust", "Sand", "Sky", "Stone", "Sun", "Wine", "Wood"].map((colour) =>
        variant(`blanket_${colour.toLowerCase()}`, colour, 120),
      ),
    ], { option: "Colour" }),
  ];
}

export function createRegion() {
  return {
    id: "reg_europe",
    name: "Europe",
    currency_code: "eur",
    countries: [
      { iso_2: "at", display_name: "Austria" },
      { iso_2: "de", display_name: "Germany" },
      { iso_2: "mt", display_name: "Malta" },
    ],
  };
}

/** By country: a choice, one way, none. */
export const SHIPPING = {
  de: [
    { id: "so_standard", name: "Standard", amount: 5 },
    { id: "so_express", name: "Express", amount: 12.5 },
  ],
  at: [{ id: "so_austria", name: "Post", amount: 8 }],
};
