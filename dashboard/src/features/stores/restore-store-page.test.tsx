import { screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, test } from "vitest";
import { type Answers, nothing, renderPage, unreachable, viewer } from "@/testing/platform";
import { aBackup, aStore } from "@/testing/records";
import { CreateStorePage } from "./create-store-page";

const ENGINES = {
  __typename: "Query",
  engines: [
    {
      __typename: "Engine",
      name: "woocommerce",
      displayName: "WooCommerce",
      description: "A shop.",
      versions: [{ __typename: "EngineVersion", name: "7.1", isDefault: true }],
      resources: { __typename: "EngineResources", cpu: "400m", memory: "1Gi", storage: "15Gi" },
      plans: [] as object[],
      unavailableReason: null,
    },
  ],
  platform: { __typename: "Platform", shopUrl: "https://{name}.shops.example" },
};
const NEWEST = aBackup({ id: "backup_1_3", number: 3, madeAt: new Date("2020-11-27T01:37:00").toISOString() });

function restorable(given: object = {}) {
  const edges = [NEWEST, aBackup()].map((node) => ({ __typename: "BackupEdge", node }));
  const store = { __typename: "Store", id: "store_1", name: "candles", owner: "ada", ownerSource: "local", ownerName: "ada", status: "READY", plan: null };
  return () => ({ __typename: "Query", store: { ...store, backups: { __typename: "BackupConnection", edges }, ...given } });
}

const ADDRESS = "/stores/new?store=store_1&backup=3";

function show(more: Answers = {}, at = ADDRESS, connection: "live" | "lost" = "live") {
  return renderPage(<CreateStorePage />, { answers: { Engines: () => ENGINES, Restorable: restorable(), ...more }, connection, at, route: "/stores/new" });
}

const refusal = (code: string, message: string, field: string | null) => ({
  CreateStore: () => ({ createStore: { __typename: "CreateStorePayload", store: null, errors: [{ __typename: "UserError", code, message, field }] } }),
});
const CREATED = { CreateStore: () => ({ createStore: { __typename: "CreateStorePayload", store: aStore({ id: "store_9" }), errors: [] } }) };
const copyBox = () => screen.findByRole("checkbox", { name: "A copy to try things in" });
const nameField = () => screen.findByRole("textbox", { name: "Name" });

test("loading: a skeleton; error: the reason, and the way to try again", async () => {
  const { unmount } = show({ Restorable: nothing });
  expect(screen.getByText("Loading …")).toBeDefined();
  unmount();
  show({ Restorable: unreachable });
  expect(await screen.findByRole("button", { name: "Try again" })).toBeDefined();
});

test("stale: the form stays, and is dimmed once", async () => {
  const { container } = show({}, ADDRESS, "lost");
  expect(await nameField()).toBeDefined();
  expect(container.querySelectorAll('[data-state="stale"]')).toHaveLength(1);
});

test("the page says what the new shop is made from, and leaves no choice of the software", async () => {
  show();
  expect(await screen.findByText("From the backup of candles of 27 November 2020, 01:37: 12 orders.")).toBeDefined();
  expect(
    screen.getByText("candles is left as it is. Accounts keep the passwords of then. The shop software is that of the backup, WooCommerce 7.1."),
  ).toBeDefined();
  expect(screen.getByRole("heading", { name: "Restore into a new shop" })).toBeDefined();
  expect(screen.queryByRole("radio")).toBeNull();
  expect(screen.queryByLabelText("Version")).toBeNull();
  expect(screen.queryByText(/belongs to/)).toBeNull();
  for (const name of ["candles", "Cancel"]) expect(screen.getByRole("link", { name }).getAttribute("href")).toBe("/stores/store_1");
});

test("of a deleted shop nothing is said that holds no longer", async () => {
  show({ Restorable: restorable({ status: "DELETED" }) });
  expect(await screen.findByText("Accounts keep the passwords of then. The shop software is that of the backup, WooCommerce 7.1.")).toBeDefined();
});

test("what is asked for is a store from that backup, and its page opens", async () => {
  const { asked } = show(CREATED);
  await userEvent.type(await nameField(), "candles-2{Enter}");
  expect(await screen.findByText("elsewhere")).toBeDefined();
  expect(asked.find(({ name }) => name === "CreateStore")?.variables).toEqual({
    input: { name: "candles-2", fromBackup: "backup_1_3", asCopy: null, plan: null, contactEmail: null, idempotencyKey: expect.any(String) as string },
  });
});

test("a copy to try things in says what it is, and needs no address to write to", async () => {
  const { asked } = show(CREATED);
  await userEvent.type(await screen.findByRole("textbox", { name: "Your e-mail address (optional)" }), "ada@example.com");
  const box = await copyBox();
  expect(box.getAttribute("aria-invalid")).toBeNull();
  expect(describedBy(box)).toEqual(["It sends no mail, takes no payments and calls nobody outside. Its pages say that it is a copy, and it stays one."]);
  await userEvent.click(box);
  expect(screen.queryByRole("textbox", { name: "Your e-mail address (optional)" })).toBeNull();
  await userEvent.type(await nameField(), "trial{Enter}");
  expect(await screen.findByText("elsewhere")).toBeDefined();
  expect(asked.find(({ name }) => name === "CreateStore")?.variables).toEqual({
    input: { name: "trial", fromBackup: "backup_1_3", asCopy: true, plan: null, contactEmail: null, idempotencyKey: expect.any(String) as string },
  });
});

test("software without copies is told at the choice, until it is taken back", async () => {
  show(refusal("ENGINE_MISMATCH", "The engine Plain has no copies to try things in. Leave `asCopy` out.", "asCopy"));
  await userEvent.click(await copyBox());
  await userEvent.type(await nameField(), "trial{Enter}");
  const told = "This shop software has no copies to try things in. Without this tick, the new shop is one like any other.";
  expect((await screen.findByRole("alert")).textContent.trim()).toBe(told);
  expect(describedBy(await copyBox())[0]).toBe(told);
  expect((await copyBox()).getAttribute("aria-invalid")).toBe("true");
  expect(document.activeElement).toBe(await copyBox());
  await userEvent.click(await copyBox());
  expect(screen.queryByRole("alert")).toBeNull();
});

/** The texts that a control is described by, in their order. */
function describedBy(control: HTMLElement): (string | undefined)[] {
  const ids = control.getAttribute("aria-describedby")?.split(" ") ?? [];
  return ids.map((id) => document.getElementById(id)?.textContent.trim());
}

test.each<[string, string, string, string | null, string]>([
  ["of the name stands at its field", "NAME_TAKEN", "The name is taken.", "name", "The name is taken."],
  ["of a version stands above the buttons", "VERSION_UNKNOWN", "It is not offered here.", "fromBackup", "The store was not createdIt is not offered here."],
  ["of a backup that is gone is told without the words of the API", "BACKUP_UNKNOWN", "Choose one of `Store.backups`.", "fromBackup", "The store was not createdThis backup is not there any more. Go back to the shop, and choose another one."],
])("a refusal %s", async (_, code, message, field, said) => {
  show(refusal(code, message, field));
  await userEvent.type(await nameField(), "candles-2{Enter}");
  expect((await screen.findByRole("alert")).textContent.trim()).toBe(said);
});

test.each<[string, string, Answers, string, string]>([
  ["another number", "/stores/new?store=store_1&backup=7", {}, "Show the shop’s backups", "/stores/store_1"],
  ["what is no number", "/stores/new?store=store_1&backup=newest", {}, "Show the shop’s backups", "/stores/store_1"],
  ["a shop that is not there", "/stores/new?store=store_8&backup=3", { Restorable: () => ({ __typename: "Query", store: null }) }, "Show all stores", "/stores"],
  ["no shop", "/stores/new?backup=3", { Restorable: () => ({ __typename: "Query", store: null }) }, "Show all stores", "/stores"],
])("an address with %s leads back", async (_, at, answers, name, href) => {
  show(answers, at);
  expect(await screen.findByRole("heading", { name: "There is no backup at this address" })).toBeDefined();
  expect(screen.getByRole("link", { name }).getAttribute("href")).toBe(href);
  expect(screen.queryByRole("textbox")).toBeNull();
});

test("a viewer is given no form", async () => {
  show({ Viewer: viewer("VIEWER") });
  expect(await screen.findByText("Your role is viewer, which may only look")).toBeDefined();
  expect(screen.queryByRole("textbox")).toBeNull();
});

test("an admin is told whose the new shop will be, and not of their own quota", async () => {
  show({ Viewer: viewer("ADMIN", { storesUsed: 5 }), Restorable: restorable({ owner: "bea", ownerName: "Bea" }) });
  expect(await screen.findByText("The new shop belongs to Bea, the owner of candles.")).toBeDefined();
  expect(screen.queryByText("You have as many stores as you may have")).toBeNull();
});

test("who has as many stores as they may is told what makes room", async () => {
  show({ Viewer: viewer("OPERATOR", { storesUsed: 5, countsSuspendedStores: false }) });
  expect(await screen.findByText("That is 5. Pause or delete one that is not needed, or ask an admin for more.")).toBeDefined();
});

test("one’s own quota is told as with any new shop", async () => {
  show({ Viewer: viewer("OPERATOR", { storesUsed: 5 }) });
  const notice = (await screen.findByText("You have as many stores as you may have")).parentElement;
  expect(within(notice as HTMLElement).getByText(/^That is 5\. Delete one/)).toBeDefined();
});

test("the plan of the shop in the backup is chosen unless another is", async () => {
  const plans = ["small", "medium"].map((name) => ({
    __typename: "Plan",
    name,
    description: null,
    isDefault: name === "small",
    price: null,
    resources: { __typename: "EngineResources", cpu: "400m", memory: "1Gi", storage: "60Gi" },
  }));
  show({
    Engines: () => ({ ...ENGINES, engines: [{ ...ENGINES.engines[0], plans }] }),
    Restorable: restorable({ plan: { __typename: "Plan", name: "medium" } }),
  });
  expect(await screen.findByRole("radio", { name: /^medium/ })).toHaveProperty("checked", true);
});
