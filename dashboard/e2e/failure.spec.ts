import { expect, test } from "@playwright/test";
import { control, createStore, newToken, openAs, statusIs, step, unfold } from "./platform";

const MISSING = { wordpress: { image: { repository: "image-not-found.invalid/wordpress" } } };

test("a failing image is explained, and retried once it is mended", async ({ page }) => {
  // Given a chart whose image is in no registry
  await control("give_values", { values: MISSING });
  await control("restart");
  await openAs(page, await newToken("merchant"));

  await createStore(page, "no-image");

  // Then the page says in a merchant's words what is wrong and who can correct it
  await statusIs(page, "Failed");
  const problem = page.getByText("A part of the shop software could not be found where it is kept.");
  await expect(problem).toBeVisible();
  await expect(page.getByText("Whoever runs the platform has to correct this")).toBeVisible();
  const remedy = page.getByText("Check the engine version's image name and tag, then retry.").first();
  await expect(remedy).toBeHidden();

  // And, to whoever unfolds it, which image it is
  await unfold(page, "Technical details of the problem");
  await expect(page.getByText("Image not found", { exact: true })).toBeVisible();
  await expect(page.getByText("image-not-found.invalid/wordpress").first()).toBeVisible();
  await expect(remedy).toBeVisible();
  await expect(step(page, "WORKLOADS_READY")).toHaveAttribute("data-status", "FAILED");

  // When the image is mended and the store retried, it becomes ready on the same page
  await control("give_values", { values: {} });
  await control("restart");
  await page.getByRole("button", { name: "Try again" }).click();
  await statusIs(page, "Ready");
  await expect(problem).toBeHidden();
});
