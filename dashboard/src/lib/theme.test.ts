import { afterEach, expect, test, vi } from "vitest";

afterEach(() => {
  vi.restoreAllMocks();
  localStorage.clear();
  delete document.documentElement.dataset.theme;
});

async function themes() {
  vi.resetModules();
  return import("./theme");
}

test("a chosen theme is used, and is kept", async () => {
  (await themes()).setTheme("dark");
  expect(document.documentElement.dataset.theme).toBe("dark");
  expect((await themes()).currentTheme()).toBe("dark");
  (await themes()).setTheme("system");
  expect(document.documentElement.dataset.theme).toBeUndefined();
  expect((await themes()).currentTheme()).toBe("system");
});

test("what is kept and is no theme is the device's", async () => {
  localStorage.setItem("store-platform-theme", "<script>");
  expect((await themes()).currentTheme()).toBe("system");
});

test("where nothing can be kept a theme is used until the page is closed", async () => {
  for (const name of ["getItem", "setItem", "removeItem"] as const) {
    vi.spyOn(Storage.prototype, name).mockImplementation(() => {
      throw new DOMException("blocked", "SecurityError");
    });
  }
  const { applyTheme, currentTheme, setTheme } = await themes();
  applyTheme();
  setTheme("light");
  expect([currentTheme(), document.documentElement.dataset.theme]).toEqual(["light", "light"]);
});
