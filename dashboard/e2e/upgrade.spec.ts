import { expect, type Page, test } from "@playwright/test";
import { inspect } from "./inspect";
import { control, createStore, newToken, openAs, statusIs, step, unfold } from "./platform";

const UPGRADE = "mutation ($id: ID!) { upgradeStore(input: { id: $id }) { store { id } errors { code } } }";
const FASTER = "Lists of orders are faster, and refunds need one step less.";

/** Simulated pods with this do not start: their program is not in the image. */
const BROKEN = { podAnnotations: { "simulate.store-platform.dev/behaviour": "command-missing" } };

// Given an engine of which three versions follow that of new shops, and no shop starts with the last of them
test.beforeAll(async () => {
  await control("offer_versions", {
    versions: [
      { name: "7.2", follows: ["7.1"], whatIsNew: FASTER },
      { name: "8.0", follows: ["7.1", "7.2"], whatIsNew: "A new look for the admin. Some plug-ins are not made for it yet." },
      { name: "9.0", follows: ["7.1"], whatIsNew: "Everything, though it does not start.", values: BROKEN },
    ],
  });
  await control("keep_backups");
});

test("a shop is upgraded with the keyboard, which its page tells step by step, and goes back", async ({ page, browser }) => {
  await openAs(page, await newToken("merchant"));
  await createStore(page, "growing");
  await statusIs(page, "Ready");
  const address = new URL(page.url()).pathname;

  // When versions are on offer, then the page says what is new in each, and one is chosen
  const panel = page.getByRole("region", { name: "Newer versions" });
  await expect(panel.getByText("This shop has WooCommerce 7.1.")).toBeVisible();
  await panel.getByRole("radio", { name: /^8\.0/ }).check();
  await expect(panel.getByRole("button", { name: "Upgrade to 8.0" })).toBeVisible();
  await panel.getByRole("radio", { name: /^7\.2/ }).check();
  await expect(panel.getByText(FASTER)).toBeVisible();
  await panel.scrollIntoViewIfNeeded();
  await inspect(page, "versions-on-offer");
  const upgrade = panel.getByRole("button", { name: "Upgrade to 7.2" });

  // When it is to be upgraded, then a dialog says what that means, and leaves it alone if told to
  await upgrade.focus();
  await page.keyboard.press("Enter");
  const dialog = page.getByRole("dialog", { name: "Upgrade growing to 7.2?" });
  await expect(dialog.getByText(/If anything fails, the shop is brought back as it was, with its data, by itself\.$/)).toBeVisible();
  await inspect(page, "upgrade-dialog");
  await page.keyboard.press("Escape");
  await expect(dialog).toHaveCount(0);
  await expect(upgrade).toBeFocused();
  await expect(entriesOf(page)).toHaveCount(1);

  // When that is confirmed, then the page tells of each step with the way back in sight, until the shop is ready
  await page.keyboard.press("Enter");
  await dialog.getByRole("button", { name: "Upgrade to 7.2" }).press("Enter");
  await expect(dialog).toHaveCount(0);
  await statusIs(page, "Being upgraded");
  await expect(page.getByText("This shop is being upgraded")).toBeVisible();
  await expect(page.getByText("From WooCommerce 7.1 to 7.2. It takes some minutes.")).toBeVisible();
  await expect(step(page, "PROBE")).toBeVisible();
  await inspect(page, "store-upgrading");
  await statusIs(page, "Ready");
  await expect(page.getByText(/^Upgraded in .* · show the steps$/)).toBeVisible();
  await expect(page.getByText("WooCommerce 7.2", { exact: true })).toBeVisible();
  await expect(entriesOf(page).first()).toContainText("Upgrade to 7.2, asked for by merchant: done");
  await expect(page.getByText("The shop was saved as it was, before it is upgraded.", { exact: true })).toBeVisible();
  await unfold(page, (await page.getByText(/^Upgraded in /).textContent()) ?? "");
  await expect(step(page, "PREFLIGHT")).toHaveAttribute("data-status", "SUCCEEDED");

  // And who may only look is refused what is not offered
  const looking = await newToken("merchant", "viewer");
  const other = await (await browser.newContext()).newPage();
  await openAs(other, looking, address);
  await expect(other.getByText("WooCommerce 7.2", { exact: true })).toBeVisible();
  await expect(other.getByRole("button", { name: /^(Upgrade|Go back) to/ })).toHaveCount(0);
  const answer = await other.request.post("/graphql", {
    headers: { authorization: `Bearer ${looking}` },
    data: { query: UPGRADE, variables: { id: address.replace("/stores/", "") } },
  });
  expect(await answer.json()).toEqual({ data: { upgradeStore: { store: null, errors: [{ code: "FORBIDDEN" }] } } });
  await other.context().close();

  // When it is to go back, then a dialog says what is lost, and the shop has the version before again
  const back = page.getByRole("region", { name: "The version before" }).getByRole("button", { name: "Go back to 7.1" });
  await back.scrollIntoViewIfNeeded();
  await inspect(page, "store-upgraded");
  await back.click();
  const question = page.getByRole("dialog", { name: "Bring growing back to 7.1?" });
  await expect(question.getByText(/^What came after .* is lost to the shop\./)).toBeVisible();
  await expect(question.getByText(/The shop software is that of the backup, WooCommerce 7\.1\./)).toBeVisible();
  await inspect(page, "go-back-dialog");
  await question.getByRole("button", { name: "Go back to 7.1" }).click();
  await expect(question).toHaveCount(0);
  await statusIs(page, "Being restored");
  await statusIs(page, "Ready");
  await expect(page.getByText("WooCommerce 7.1", { exact: true })).toBeVisible();
  await expect(back).toHaveCount(0);
  await expect(panel.getByRole("button", { name: /^Upgrade to/ })).toBeEnabled();
});

test("a shop whose upgrade fails is brought back by itself, and its page says why", async ({ page }) => {
  await openAs(page, await newToken("merchant"));
  await createStore(page, "unlucky");
  await statusIs(page, "Ready");
  await page.getByRole("radio", { name: /^9\.0/ }).check();
  await page.getByRole("button", { name: "Upgrade to 9.0" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Upgrade to 9.0" }).click();
  await statusIs(page, "Being upgraded");

  // When a part of the new version does not start, then the page says so while the shop is brought back
  await expect(page.getByText("The shop could not be upgraded")).toBeVisible({ timeout: 60_000 });
  await statusIs(page, "Ready");

  // And once it is there, why, and what to do
  await expect(page.getByText("So the shop was brought back as it was before.")).toBeVisible();
  await expect(page.getByText("A part of the shop software cannot be started.")).toBeVisible();
  await expect(page.getByText(/Then choose “Upgrade to 9\.0”\.$/)).toBeVisible();
  await expect(page.getByText("WooCommerce 7.1", { exact: true })).toBeVisible();
  await expect(entriesOf(page).nth(0)).toContainText("Return of the shop as it was: done");
  await expect(entriesOf(page).nth(1)).toContainText("Upgrade to 9.0, asked for by merchant: failed.");
  await inspect(page, "store-brought-back");
});

test("in the list a shop that is upgraded is told from those that are ready", async ({ page }) => {
  await openAs(page, await newToken("merchant"));
  await createStore(page, "in-the-list");
  await statusIs(page, "Ready");
  await page.getByRole("button", { name: /^Upgrade to/ }).click();
  await page.getByRole("dialog").getByRole("button", { name: /^Upgrade to/ }).click();
  await statusIs(page, "Being upgraded");
  await page.getByRole("link", { name: "Stores", exact: true }).first().click();
  const row = page.getByRole("list", { name: "Stores" }).getByRole("listitem").filter({ hasText: "in-the-list" });
  await expect(row.getByText("Being upgraded")).toBeVisible();
  await expect(row.getByText("Ready", { exact: true })).toBeVisible();
});

function entriesOf(page: Page) {
  return page.getByRole("list", { name: "History, newest first" }).getByRole("listitem");
}
