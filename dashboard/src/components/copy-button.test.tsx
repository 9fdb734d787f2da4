import { render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, test } from "vitest";
import { CopyButton } from "./copy-button";
import { LiveRegion } from "./live-region";

function show() {
  const user = userEvent.setup(); // with a clipboard
  render(
    <>
      <CopyButton text="s3cret" what="the token" />
      <LiveRegion />
    </>,
  );
  return { user, button: screen.getByRole("button", { name: "Copy the token" }) };
}

test("copies, and says so", async () => {
  const { user, button } = show();
  await user.click(button);
  expect(await navigator.clipboard.readText()).toBe("s3cret");
  expect(screen.getByRole("status").textContent).toBe("Copied the token.");
});

test("says what to do where a page may not copy", async () => {
  const { user, button } = show();
  Object.defineProperty(navigator, "clipboard", { value: undefined, configurable: true });
  await user.click(button);
  expect(button.textContent).toBe("Select it and copy it by hand");
  expect(screen.getByRole("status").textContent).toBe(
    "The browser does not let this page copy: select the token and copy it by hand.",
  );
});
