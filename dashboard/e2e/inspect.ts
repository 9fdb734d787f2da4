import AxeBuilder from "@axe-core/playwright";
import { expect, type Page } from "@playwright/test";

const THEMES = ["light", "dark"] as const;
const PHONE = { width: 390, height: 844 };
const DESKTOP = { width: 1280, height: 860 };

/** Hold a page to WCAG 2.2 AA in both themes, and keep pictures of it, on a desktop and a phone. */
export async function inspect(page: Page, name: string, phone = PHONE): Promise<void> {
  for (const theme of THEMES) {
    await page.emulateMedia({ colorScheme: theme, reducedMotion: "reduce" });
    await page.setViewportSize(DESKTOP);
    // What is skipped while out of sight (content-visibility) has the new theme's colours a frame later.
    await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
    expect(await violationsOn(page), `${name}, ${theme}`).toEqual([]);
    await page.screenshot({ path: `screenshots/${name}-${theme}.png` });
    await page.setViewportSize(phone);
    const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    expect(overflow, `${name} is wider than a phone`).toBeLessThanOrEqual(0);
    await page.screenshot({ path: `screenshots/${name}-${theme}-phone.png` });
  }
  await page.setViewportSize(DESKTOP);
}

/** The rules that a page breaks as it is now, each with the elements that break it and how, such as the colours. */
async function violationsOn(page: Page) {
  // Legacy: reckoned in the page itself, and not in a new one for each time. That would be for frames of other origins.
  const { violations } = await new AxeBuilder({ page })
    .setLegacyMode()
    .withTags(["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"])
    .analyze();
  return violations.map(({ id, nodes }) => ({ id, nodes: nodes.map(({ html, failureSummary }) => ({ html, failureSummary })) }));
}
