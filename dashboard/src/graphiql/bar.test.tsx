import { render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, test, vi } from "vitest";
import { Bar } from "./bar";

test("the way back to the dashboard is there, signed in or not", () => {
  const { rerender } = render(<Bar isSignedIn={false} state="not connected" onToken={vi.fn()} />);
  expect(screen.getByRole("link", { name: "Back to the dashboard" }).getAttribute("href")).toBe("/stores");
  rerender(<Bar isSignedIn state="live" onToken={vi.fn()} />);
  expect(screen.getByRole("link", { name: "Back to the dashboard" })).toBeDefined();
});

test("a token signs in, and none signs out", async () => {
  const onToken = vi.fn();
  const { rerender } = render(<Bar isSignedIn={false} state="not connected" onToken={onToken} />);
  await userEvent.type(screen.getByLabelText("Access token"), " sp_secret ");
  await userEvent.click(screen.getByRole("button", { name: "Sign in" }));
  expect(onToken).toHaveBeenLastCalledWith("sp_secret");
  rerender(<Bar isSignedIn state="live" onToken={onToken} />);
  await userEvent.click(screen.getByRole("button", { name: "Sign out" }));
  expect(onToken).toHaveBeenLastCalledWith("");
});
