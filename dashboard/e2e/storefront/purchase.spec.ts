import { expect, test, type Page } from "@playwright/test";
import { inspect } from "../inspect";
import { fillAddress } from "../shopper";

/** Run by `tests/storefront/test_purchase.py`, against the storefront on a fake Medusa. */

const SMALL_PHONE = { width: 320, height: 640 };

/** Look at a page in both themes, also where there is little room. */
async function look(page: Page, name: string): Promise<void> {
  await inspect(page, `storefront-${name}`, SMALL_PHONE);
}

test.beforeEach(async ({ page }) => {
  // The pictures are Medusa's to serve, which the ingress would send there.
  await page.route("**/static/*", (route) => {
    const { pathname } = new URL(route.request().url());
    return route.fulfill({ contentType: "image/svg+xml", body: drawing((pathname.length * 47) % 360) });
  });
});

/** A picture for a product. */
function drawing(hue: number): string {
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 600 600">
    <defs><linearGradient id="sky" x2="0" y2="1"><stop stop-color="hsl(${hue} 35% 88%)"/><stop offset="1" stop-color="hsl(${hue} 30% 70%)"/></linearGradient></defs>
    <rect width="600" height="600" fill="url(#sky)"/><circle cx="300" cy="290" r="130" fill="hsl(${hue} 40% 45%)"/>
    <rect x="140" y="420" width="320" height="26" rx="13" fill="hsl(${hue} 30% 35%)"/></svg>`;
}

test("a guest buys something, by keyboard where it matters", async ({ page }) => {
  test.setTimeout(300_000);
  await page.goto("/");
  await expect(page).toHaveTitle("Harbour & Hill");
  await inspectHome(page);
  await page.getByRole("link", { name: "Linen shirt" }).click();
  await look(page, "product");

  await page.getByRole("button", { name: "Add to cart" }).click();
  await expect(page.getByRole("alert")).toBeFocused();
  await look(page, "product-problem");
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  await expect(page.getByRole("radio", { name: "S €59.00" })).toBeFocused();
  await page.keyboard.press("Space");
  await page.getByLabel("Quantity").fill("2");
  await page.keyboard.press("Enter");

  await expect(page.getByRole("status")).toHaveText("Linen shirt is in your cart.");
  await page.goto("/products/beeswax-candle");
  await page.getByRole("button", { name: "Add to cart" }).click();
  await expect(page.getByRole("link", { name: "Cart, 3 items" })).toBeVisible();
  await look(page, "cart");

  await page.getByRole("link", { name: "Check out" }).click();
  await page.getByRole("button", { name: "Continue" }).click();
  await expect(page.getByRole("alert")).toBeFocused();
  await look(page, "details-problem");
  await page.getByRole("alert").getByRole("link", { name: "Enter your e-mail address." }).click();
  await expect(page.getByLabel("E-mail address")).toBeFocused();
  await page.keyboard.type("ada@example.com");
  await fillAddress(page);
  await look(page, "details");
  await page.getByRole("button", { name: "Continue" }).click();

  await expect(page.getByRole("heading", { name: "Delivery", level: 1 })).toBeVisible();
  await look(page, "delivery");
  await page.getByRole("radio", { name: "Express" }).check();
  await page.getByRole("button", { name: "Continue" }).click();

  await look(page, "review");
  await page.getByRole("button", { name: "Place order for €171.00" }).click();
  await expect(page.getByRole("heading", { name: "Order received" })).toBeVisible();
  await expect(page).toHaveTitle("Order #1 received – Harbour & Hill");
  await look(page, "order");
  await page.reload();
  await expect(page.getByText("Your order has the number #1.")).toBeVisible();
  await page.getByRole("link", { name: "Cart" }).click();
  await look(page, "cart-empty");
});

/** The first page, with its way past the header. */
async function inspectHome(page: Page): Promise<void> {
  await look(page, "home");
  await page.keyboard.press("Tab");
  await expect(page.getByRole("link", { name: "Skip to the content" })).toBeFocused();
  await page.keyboard.press("Enter");
  await expect(page.getByRole("main")).toBeFocused();
}

test("without scripts, and with a page that there is not", async ({ browser }) => {
  const context = await browser.newContext({ javaScriptEnabled: false });
  const page = await context.newPage();
  await page.goto("/products/stoneware-mug");
  await page.getByRole("button", { name: "Add to cart" }).click();
  await page.getByRole("button", { name: "Remove Stoneware mug" }).click();
  await expect(page.getByRole("heading", { name: "Your cart is empty" })).toBeVisible();
  expect((await page.goto("/products/gone"))?.status()).toBe(404);
  await context.close();
});

test("a failure has a page that can be read", async ({ page }) => {
  await page.goto("/no-such-page");
  await look(page, "not-found");
});
