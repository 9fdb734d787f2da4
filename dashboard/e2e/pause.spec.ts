import { expect, type Page, test } from "@playwright/test";
import { inspect } from "./inspect";
import { createStore, newToken, openAs, statusIs, step } from "./platform";

const SUSPEND = "mutation ($id: ID!) { suspendStore(input: { id: $id }) { store { id } errors { code } } }";

test("a shop is paused with the keyboard, found among the paused ones, and opened again", async ({ page, browser }) => {
  await openAs(page, await newToken("merchant"));
  await createStore(page, "on-holiday");
  await statusIs(page, "Ready");

  // When a shop that is open is to be paused, then a dialog says what that means, and leaves it alone if told to
  const pause = page.getByRole("button", { name: "Pause shop" });
  await pause.focus();
  await page.keyboard.press("Enter");
  const dialog = page.getByRole("dialog", { name: "Pause on-holiday?" });
  await expect(dialog.getByText("Visitors see a page that says that the shop is closed for now.")).toBeVisible();
  await expect(dialog.getByText("It still counts towards how many stores you may have.")).toBeVisible();
  await inspect(page, "pause-dialog");
  await page.keyboard.press("Escape");
  await expect(dialog).toHaveCount(0);
  await expect(pause).toBeFocused();
  await expect(entriesOf(page)).toHaveCount(1);

  // When that is confirmed, then it is paused, and the keyboard is not lost with the button
  await page.keyboard.press("Enter");
  await dialog.getByRole("button", { name: "Pause shop" }).press("Enter");
  await expect(dialog).toHaveCount(0);
  await statusIs(page, "Paused");
  await expect(pause).toHaveCount(0);
  await expect(page.getByRole("heading", { name: "on-holiday", level: 1 })).toBeFocused();
  await expect(page.getByText("This shop is paused")).toBeVisible();
  await expect(page.getByTestId("announcements")).toHaveText("on-holiday is now: Paused.");
  await expect(entriesOf(page).first()).toContainText("Pause, asked for by merchant: done");
  await expect(page.getByText("The shop is paused.", { exact: true })).toBeVisible();
  await inspect(page, "store-paused");

  // And who may only look is told who can open it, and is refused what is not offered
  const address = new URL(page.url()).pathname;
  const looking = await newToken("merchant", "viewer");
  const other = await (await browser.newContext()).newPage();
  await openAs(other, looking, address);
  await expect(other.getByText("Your role may look only: the shop’s owner, or whoever runs the platform, can open it again.")).toBeVisible();
  await expect(other.getByRole("button", { name: /Pause shop|Open shop again/ })).toHaveCount(0);
  const answer = await other.request.post("/graphql", {
    headers: { authorization: `Bearer ${looking}` },
    data: { query: SUSPEND, variables: { id: address.replace("/stores/", "") } },
  });
  expect(await answer.json()).toEqual({ data: { suspendStore: { store: null, errors: [{ code: "FORBIDDEN" }] } } });
  await other.context().close();

  // When the list is narrowed to paused shops, then it is there, and not among those that are ready
  await page.getByRole("link", { name: "Stores", exact: true }).first().click();
  await page.getByRole("button", { name: "Paused" }).click();
  const row = page.getByRole("list", { name: "Stores" }).getByRole("listitem");
  await expect(row).toHaveCount(1);
  await expect(row.getByText("Paused", { exact: true })).toBeVisible();
  await inspect(page, "stores-paused");
  await page.getByRole("button", { name: "Ready" }).click();
  await page.getByRole("button", { name: "Paused" }).click();
  await expect(page.getByRole("heading", { name: "No store matches" })).toBeVisible();

  // When it is opened again, then its page tells of every step until it is ready
  await page.goto(address);
  await page.getByRole("button", { name: "Open shop again" }).press("Enter");
  await statusIs(page, "Being opened again");
  await expect(page.getByRole("heading", { name: "on-holiday", level: 1 })).toBeFocused();
  await expect(page.getByText("This shop is being opened again")).toBeVisible();
  await inspect(page, "store-opening");
  await statusIs(page, "Ready");
  await expect(step(page, "OPEN")).toHaveAttribute("data-status", "SUCCEEDED");
  await expect(page.getByText(/^Opened again in .* · show the steps$/)).toBeVisible();
  await expect(entriesOf(page).first()).toContainText("Opening again, asked for by merchant: done");
  await expect(pause).toBeEnabled();
});

function entriesOf(page: Page) {
  return page.getByRole("list", { name: "History, newest first" }).getByRole("listitem");
}
