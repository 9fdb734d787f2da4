import { expect, type Page, test } from "@playwright/test";
import { inspect } from "./inspect";
import { createStore, newToken, openAs, statusIs, step } from "./platform";

const RESTART = "mutation ($id: ID!) { restartStore(input: { id: $id }) { store { id } errors { code } } }";

test("a shop is restarted with the keyboard, and its page says how that ended", async ({ page, browser }) => {
  await openAs(page, await newToken("merchant"));
  await createStore(page, "hanging");
  await statusIs(page, "Ready");
  const address = new URL(page.url()).pathname;

  // When a shop is to be restarted, then a dialog says what that does, and leaves it alone if told to
  const restart = page.getByRole("region", { name: "If something does not work" }).getByRole("button", { name: "Restart shop" });
  await restart.focus();
  await page.keyboard.press("Enter");
  const dialog = page.getByRole("dialog", { name: "Restart hanging?" });
  await expect(dialog.getByText("Shoppers may have to wait for some seconds.")).toBeVisible();
  await inspect(page, "restart-dialog");
  await page.keyboard.press("Escape");
  await expect(dialog).toHaveCount(0);
  await expect(restart).toBeFocused();
  await expect(entriesOf(page)).toHaveCount(1);

  // When that is confirmed, then every part of it starts anew, and the keyboard stays where it was
  await page.keyboard.press("Enter");
  await dialog.getByRole("button", { name: "Restart shop" }).press("Enter");
  await expect(dialog).toHaveCount(0);
  await expect(page.getByText(/^Restarted in .* · show the steps$/)).toBeVisible({ timeout: 60_000 });
  await expect(step(page, "RESTART")).toHaveAttribute("data-status", "SUCCEEDED");
  await statusIs(page, "Ready");
  await expect(page.getByTestId("announcements")).toHaveText("hanging has been restarted.");
  await expect(entriesOf(page).first()).toContainText("Restart, asked for by merchant: done");
  await expect(page.getByText("The shop was restarted.", { exact: true })).toBeVisible();
  await expect(restart).toBeFocused();
  await expect(restart).toBeEnabled();
  await inspect(page, "store-restarted");

  // And who may only look is refused what is not offered
  const looking = await newToken("merchant", "viewer");
  const other = await (await browser.newContext()).newPage();
  await openAs(other, looking, address);
  await expect(other.getByText("The shop was restarted.", { exact: true })).toBeVisible();
  await expect(other.getByRole("button", { name: "Restart shop" })).toHaveCount(0);
  const answer = await other.request.post("/graphql", {
    headers: { authorization: `Bearer ${looking}` },
    data: { query: RESTART, variables: { id: address.replace("/stores/", "") } },
  });
  expect(await answer.json()).toEqual({ data: { restartStore: { store: null, errors: [{ code: "FORBIDDEN" }] } } });
  await other.context().close();
});

function entriesOf(page: Page) {
  return page.getByRole("list", { name: "History, newest first" }).getByRole("listitem");
}
