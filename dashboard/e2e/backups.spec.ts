import { expect, test } from "@playwright/test";
import { inspect } from "./inspect";
import { createStore, newToken, openAs, statusIs } from "./platform";

const CREATE_BACKUP = "mutation ($id: ID!) { createBackup(input: { id: $id }) { store { id } operation { id } errors { code } } }";

test("where backups are not set up the page says so, offers none, and none is begun", async ({ page }) => {
  const token = await newToken("merchant");
  await openAs(page, token);
  await createStore(page, "unsaved");
  await statusIs(page, "Ready");

  // Given a shop that is ready, then its page has a place for backups that says who can set them up
  const panel = page.getByRole("region", { name: "Backups" });
  await expect(panel.getByText("Backups are not set up here. Whoever runs the platform can set them up: docs/kubernetes.md says how.")).toBeVisible();
  await expect(page.getByRole("button", { name: "Back up now" })).toHaveCount(0);
  await expect(page.getByText("This shop has no backup")).toHaveCount(0);
  await inspect(page, "backups-not-set-up");

  // When one is asked for all the same, then it is refused, and the history has nothing of it
  const id = new URL(page.url()).pathname.replace("/stores/", "");
  const answer = await page.request.post("/graphql", {
    headers: { authorization: `Bearer ${token}` },
    data: { query: CREATE_BACKUP, variables: { id } },
  });
  expect(await answer.json()).toEqual({ data: { createBackup: { store: null, operation: null, errors: [{ code: "BACKUPS_NOT_SET_UP" }] } } });
  await page.reload();
  const history = page.getByRole("list", { name: "History, newest first" });
  await expect(history.getByRole("listitem")).toHaveCount(1);
  await expect(history.getByText(/^Creation, asked for by merchant: done/)).toBeVisible();
});
