import { expect, test } from "@playwright/test";
import { control, createStore, newToken, openAs, statusIs, step } from "./platform";

const MISSING = { wordpress: { image: { repository: "image-not-found.invalid/wordpress" } } };

test("a failing image is explained, and retried once it is mended", async ({ page }) => {
  // Given a chart whose image is in no registry
  await control("give_values", { values: MISSING });
  await control("restart");
  await openAs(page, await newToken("merchant"));

  await createStore(page, "no-image");

  // Then the page says which image, and what to do
  await statusIs(page, "Failed");
  await expect(page.getByText("Image not found", { exact: true })).toBeVisible();
  await expect(page.getByText("image-not-found.invalid/wordpress").first()).toBeVisible();
  await expect(page.getByText("Check the engine version's image name and tag, then retry.").first()).toBeVisible();
  await expect(step(page, "WORKLOADS_READY")).toHaveAttribute("data-status", "FAILED");

  // When the image is mended and the store retried, it becomes ready on the same page
  await control("give_values", { values: {} });
  await control("restart");
  await page.getByRole("button", { name: "Retry" }).click();
  await statusIs(page, "Ready");
  await expect(page.getByText("Image not found", { exact: true })).toBeHidden();
});
