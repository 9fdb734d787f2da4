import { screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, test } from "vitest";
import type { StoreDetailsFragment } from "@/gql/graphql";
import { addresses, type Answers, nothing, renderPage, unreachable, viewer } from "@/testing/platform";
import { aDetailedStore, aStep } from "@/testing/records";
import { StorePage } from "./store-page";

const AT = { at: "/stores/store_1", route: "/stores/:id" };

function show(given: Partial<StoreDetailsFragment>, more: Answers = {}) {
  const store = aDetailedStore(given);
  return renderPage(<StorePage />, { answers: { Store: () => ({ __typename: "Query", store }), ...more }, ...AT });
}

test("loading: a skeleton", () => {
  renderPage(<StorePage />, { answers: { Store: nothing }, ...AT });
  expect(screen.getByText("Loading …")).toBeDefined();
});

test("empty: no such store", async () => {
  renderPage(<StorePage />, { answers: { Store: () => ({ __typename: "Query", store: null }) }, ...AT });
  expect(await screen.findByRole("heading", { name: "No such store" })).toBeDefined();
  expect(screen.getByRole("link", { name: "Show all stores" })).toBeDefined();
});

test("error: the reason, and the way to try again", async () => {
  renderPage(<StorePage />, { answers: { Store: unreachable }, ...AT });
  expect((await screen.findByRole("alert")).textContent).toContain("The platform did not answer.");
  expect(screen.getByRole("button", { name: "Try again" })).toBeDefined();
});

test("stale: what is known stays, dimmed", async () => {
  const store = aDetailedStore();
  const { container } = renderPage(<StorePage />, {
    answers: { Store: () => ({ __typename: "Query", store }) },
    connection: "lost",
    ...AT,
  });
  expect(await screen.findByRole("heading", { name: "candles" })).toBeDefined();
  expect(container.querySelector('[data-state="stale"]')).not.toBeNull();
});

test("ready: the shop, its admin, its steps with their durations", async () => {
  show({ steps: [aStep(), aStep({ name: "REACHABLE", status: "SKIPPED" })] });
  expect(await screen.findByRole("link", { name: "Open shop" })).toBeDefined();
  expect(screen.getByRole("link", { name: "Open admin" })).toBeDefined();
  expect(screen.getByText("2.0 s")).toBeDefined();
  expect(screen.getByText("2 of 2 steps")).toBeDefined();
});

test("where addresses are not checked no shop is offered to be opened, and the page says why", async () => {
  show({}, { Addresses: addresses(false) });
  expect(await screen.findByText("Shops do not open here")).toBeDefined();
  expect(screen.queryByRole("link", { name: /^Open/ })).toBeNull();
});

test("a failure says why, shows the log, and offers to retry", async () => {
  const { asked } = show(
    {
      status: "FAILED",
      reason: { __typename: "Reason", code: "CRASH_LOOP", message: "wordpress: exits with 3. Read its log, then retry." } as StoreDetailsFragment["reason"],
      steps: [aStep({ name: "WORKLOADS_READY", status: "FAILED", output: "fatal: no database" })],
    },
    { RetryStore: nothing },
  );
  expect(await screen.findByText("Crash loop")).toBeDefined();
  expect(screen.getByText("wordpress: exits with 3. Read its log, then retry.")).toBeDefined();
  expect(screen.getByText("fatal: no database")).toBeDefined();
  await userEvent.click(await screen.findByRole("button", { name: "Retry" }));
  expect(asked.at(-1)).toEqual({ name: "RetryStore", variables: { input: { id: "store_1" } } });
});

test("a store is deleted only after its name was typed", async () => {
  const { asked } = show({}, { DeleteStore: nothing });
  await userEvent.click(await screen.findByRole("button", { name: "Delete" }));
  const box = screen.getByRole("textbox", { name: "Type “candles” to go on" });
  await userEvent.type(box, "candle{Enter}");
  expect(screen.getByText("Type candles, exactly.")).toBeDefined();
  expect(asked.some(({ name }) => name === "DeleteStore")).toBe(false);
  await userEvent.type(box, "s{Enter}");
  expect(asked.at(-1)).toEqual({ name: "DeleteStore", variables: { input: { id: "store_1" } } });
});

test("a store that leaves is offered nothing more", async () => {
  show({ status: "DELETING", target: "DELETED" });
  expect(await screen.findByText("Deleting")).toBeDefined();
  expect(screen.queryByRole("button", { name: /Delete|Cancel|Retry/ })).toBeNull();
});

test("a delete that makes no progress says so, and can be tried at once", async () => {
  const { asked } = show(
    {
      status: "FAILED",
      target: "DELETED",
      reason: { __typename: "Reason", code: "NAMESPACE_STUCK", message: "Namespace shop-1 cannot be removed." } as StoreDetailsFragment["reason"],
    },
    { DeleteStore: nothing },
  );
  expect(await screen.findByText("Namespace stuck")).toBeDefined();
  await userEvent.click(await screen.findByRole("button", { name: "Delete again" }));
  expect(screen.queryByRole("button", { name: /^Delete$|Cancel|Retry/ })).toBeNull();
  expect(asked.at(-1)).toEqual({ name: "DeleteStore", variables: { input: { id: "store_1" } } });
});

test("a viewer is offered nothing to change", async () => {
  show({ status: "FAILED" }, { Viewer: viewer("VIEWER") });
  expect(await screen.findByText("Failed")).toBeDefined();
  expect(screen.queryByRole("button", { name: /Delete|Cancel|Retry/ })).toBeNull();
});

test("the admin password is asked for, shown to the owner alone, and forgotten when it is hidden", async () => {
  const revealed = { __typename: "RevealAdminPasswordPayload", username: "admin", password: "s3cret", errors: [] };
  show({}, { RevealAdminPassword: () => ({ revealAdminPassword: revealed }) });
  await userEvent.click(await screen.findByRole("button", { name: "Show the password" }));
  expect(await screen.findByText("s3cret")).toBeDefined();
  await userEvent.click(screen.getByRole("button", { name: "Hide the password" }));
  expect(screen.queryByText("s3cret")).toBeNull();
  expect(document.activeElement).toBe(screen.getByRole("button", { name: "Show the password" }));
});

test("another's admin password is not even offered", async () => {
  show({ owner: "somebody", ownerName: "Some Body" });
  expect(await screen.findByText(/Only Some Body, the owner/)).toBeDefined();
  expect(screen.queryByRole("button", { name: "Show the password" })).toBeNull();
});

test("events are followed from the recent past on, newest first", async () => {
  const event = (version: number, message: string) => ({
    __typename: "StoreEvent", version, message, kind: "STEP", subject: "NAMESPACE", status: "RUNNING", occurredAt: "2026-11-24T10:00:00Z",
  });
  const store = aDetailedStore({ version: 250 });
  const storeStatus = { __typename: "StoreUpdate", version: 250, store, events: [event(249, "first"), event(250, "second")] };
  const { asked } = show({ version: 250 }, { StoreStatus: () => ({ storeStatus }) });
  const items = await screen.findAllByText(/first|second/);
  expect(items.map((item) => item.textContent)).toEqual(["second", "first"]);
  expect(asked.find(({ name }) => name === "StoreStatus")?.variables).toEqual({ id: "store_1", after: 150 });
});
