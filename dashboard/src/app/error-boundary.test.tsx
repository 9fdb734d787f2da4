import { render, screen } from "@testing-library/react";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { translate } from "@/testing/translation";
import { ErrorBoundary } from "./error-boundary";

beforeEach(() => {
  vi.spyOn(console, "error").mockReturnValue(undefined);
});

afterEach(() => {
  vi.restoreAllMocks();
});

/** A text that stands alone beside an element, as none of ours should: React cannot take it away. */
function Fragile({ word }: { word: string }) {
  return (
    <main>
      <b>{word}</b>
      {word === "old" && "and more"}
    </main>
  );
}

const page = (word: string) => (
  <ErrorBoundary>
    <Fragile word={word} />
  </ErrorBoundary>
);

test("a page that was taken apart is drawn anew", () => {
  const { container, rerender } = render(page("old"));
  translate(container);
  rerender(page("new"));
  expect(container.innerHTML).toBe("<main><b>new</b></main>");
});

test("one that is taken apart again and again says what to do", () => {
  const { container, rerender } = render(page("old"));
  for (let times = 0; times < 4; times += 1) {
    translate(container);
    rerender(page("new"));
    rerender(page("old"));
  }
  expect(screen.getByRole("alert").textContent).toContain("Something in this browser keeps changing what the page shows");
  expect(screen.getByRole("button", { name: "Load it again" })).toBeDefined();
});

test("what is a fault of ours is said at once", () => {
  const Broken = () => {
    throw new Error("a fault");
  };
  render(
    <ErrorBoundary>
      <Broken />
    </ErrorBoundary>,
  );
  expect(screen.getByRole("alert").textContent).toContain("a fault");
});
