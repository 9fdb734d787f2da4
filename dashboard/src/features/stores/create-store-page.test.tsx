import { screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, test } from "vitest";
import { type Answers, nothing, renderPage, unreachable, viewer } from "@/testing/platform";
import { aStore } from "@/testing/records";
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

function show(more: Answers = {}, connection: "live" | "lost" = "live") {
  return renderPage(<CreateStorePage />, { answers: { Engines: () => ENGINES, ...more }, connection, at: "/stores/new", route: "/stores/new" });
}

test("loading: a skeleton", () => {
  show({ Engines: nothing });
  expect(screen.getByText("Loading …")).toBeDefined();
});

test("error: the reason, and the way to try again", async () => {
  show({ Engines: unreachable });
  expect(await screen.findByRole("button", { name: "Try again" })).toBeDefined();
});

test("stale: the form stays", async () => {
  const { container } = show({}, "lost");
  expect(await screen.findByRole("textbox", { name: "Name" })).toBeDefined();
  expect(container.querySelector('[data-state="stale"]')).not.toBeNull();
});

test("ready: the address follows the name, and the rules are told", async () => {
  show();
  const name = await screen.findByRole("textbox", { name: "Name" });
  await userEvent.type(name, "tea-house");
  expect(screen.getByText("https://tea-house.shops.example")).toBeDefined();
  await userEvent.type(name, "_");
  expect(screen.getByRole("alert").textContent).toContain("Use only lower-case letters");
  expect(name.getAttribute("aria-invalid")).toBe("true");
});

test("a viewer sees no form that they cannot send, and is told who can help", async () => {
  show({ Viewer: viewer("VIEWER") });
  expect(await screen.findByText("Your role is viewer, which may only look")).toBeDefined();
  expect(screen.getByText(/Ask an operator or an admin to create the store/)).toBeDefined();
  expect(screen.queryByRole("textbox")).toBeNull();
  expect(screen.queryByRole("button", { name: "Create store" })).toBeNull();
});

test("the form waits until the role is known", async () => {
  const { asked } = show({ Viewer: nothing });
  await waitFor(() => expect(asked.some(({ name }) => name === "Engines")).toBe(true));
  expect(screen.queryByRole("textbox")).toBeNull();
});

test("what a shop needs is said in people's units", async () => {
  show();
  expect(await screen.findByText("0.4 CPU · 1 GB memory · 15 GB disk")).toBeDefined();
});

const plan = (name: string, storage: string, given: object = {}) => ({
  __typename: "Plan",
  name,
  description: null,
  isDefault: false,
  price: null,
  resources: { __typename: "EngineResources", cpu: "400m", memory: "1Gi", storage },
  ...given,
});
const PLANS = [
  plan("small", "15Gi", { isDefault: true, description: "Serves 8 pages at a time.", price: "9 € a month" }),
  plan("medium", "60Gi"),
];
const WITH_PLANS = { Engines: () => ({ ...ENGINES, engines: [{ ...ENGINES.engines[0], plans: PLANS }] }) };
const created = { CreateStore: () => ({ createStore: { __typename: "CreateStorePayload", store: aStore({ id: "store_9" }), errors: [] } }) };

test("plans say what they mean and cost, and the default is chosen unless another is", async () => {
  const { asked, unmount } = show({ ...WITH_PLANS, ...created });
  expect(await screen.findByRole("radio", { name: "small · 9 € a month Serves 8 pages at a time. 0.4 CPU · 1 GB memory · 15 GB disk" })).toHaveProperty("checked", true);
  expect(screen.queryByRole("radio", { name: /^WooCommerce.*disk/ })).toBeNull();
  await userEvent.type(screen.getByRole("textbox", { name: "Name" }), "tea-house{Enter}");
  expect(await screen.findByText("elsewhere")).toBeDefined();
  expect(asked.find(({ name }) => name === "CreateStore")?.variables).toMatchObject({ input: { plan: null } });
  unmount();

  const again = show({ ...WITH_PLANS, ...created });
  await userEvent.click(await screen.findByRole("radio", { name: "medium 0.4 CPU · 1 GB memory · 60 GB disk" }));
  await userEvent.type(screen.getByRole("textbox", { name: "Name" }), "tea-house{Enter}");
  expect(await screen.findByText("elsewhere")).toBeDefined();
  expect(again.asked.find(({ name }) => name === "CreateStore")?.variables).toMatchObject({ input: { plan: "medium" } });
});

test("a plan that is refused is told at the plans", async () => {
  const errors = [{ __typename: "UserError", code: "PLAN_UNKNOWN", message: "There is no plan small.", field: "plan" }];
  show({ ...WITH_PLANS, CreateStore: () => ({ createStore: { __typename: "CreateStorePayload", store: null, errors } }) });
  await userEvent.type(await screen.findByRole("textbox", { name: "Name" }), "tea-house{Enter}");
  expect((await screen.findByRole("alert")).textContent.trim()).toBe("Choose another planThere is no plan small.");
});

test("a created store's page opens", async () => {
  const payload = { __typename: "CreateStorePayload", store: aStore({ id: "store_9" }), errors: [] };
  const { asked } = show({ CreateStore: () => ({ createStore: payload }) });
  await userEvent.type(await screen.findByRole("textbox", { name: "Name" }), "tea-house{Enter}");
  expect(await screen.findByText("elsewhere")).toBeDefined();
  expect(asked.find(({ name }) => name === "CreateStore")?.variables).toMatchObject({
    input: { name: "tea-house", engine: "woocommerce", version: null, contactEmail: null },
  });
});

test("the merchant's address goes along, and what is wrong with it stands at its field", async () => {
  const errors = [{ __typename: "UserError", code: "EMAIL_INVALID", message: "This is no e-mail address.", field: "contactEmail" }];
  const { asked } = show({ CreateStore: () => ({ createStore: { __typename: "CreateStorePayload", store: null, errors } }) });
  const email = await screen.findByRole("textbox", { name: "Your e-mail address (optional)" });
  await userEvent.type(email, " ada@shop ");
  await userEvent.type(screen.getByRole("textbox", { name: "Name" }), "tea-house{Enter}");
  expect((await screen.findByRole("alert")).textContent).toContain("This is no e-mail address.");
  expect(email.getAttribute("aria-invalid")).toBe("true");
  expect(asked.find(({ name }) => name === "CreateStore")?.variables).toMatchObject({ input: { contactEmail: "ada@shop" } });
});

test("an engine that is not available says why, and another is chosen", async () => {
  const [engine] = ENGINES.engines;
  const absent = { ...engine, name: "absent", displayName: "Absent", unavailableReason: "Its image is not here." };
  show({ Engines: () => ({ ...ENGINES, engines: [absent, engine] }) });
  const radio = await screen.findByRole("radio", { name: "Absent A shop. Not available here: Its image is not here." });
  expect(radio).toHaveProperty("disabled", true);
  expect(screen.getByRole("radio", { name: /^WooCommerce/ })).toHaveProperty("checked", true);
});

test("nothing is sent while the name is wrong", async () => {
  const { asked } = show();
  const name = await screen.findByRole("textbox", { name: "Name" });
  await userEvent.type(name, "-www{Enter}");
  expect(screen.getByText("Begin and end with a letter or digit.")).toBeDefined();
  expect(document.activeElement).toBe(name);
  expect(asked.some((item) => item.name === "CreateStore")).toBe(false);
});

test("a refusal stands at its field until the name is changed", async () => {
  const errors = [{ __typename: "UserError", code: "NAME_TAKEN", message: "The name is taken.", field: "name" }];
  show({ CreateStore: () => ({ createStore: { __typename: "CreateStorePayload", store: null, errors } }) });
  const name = await screen.findByRole("textbox", { name: "Name" });
  await userEvent.type(name, "tea-house{Enter}");
  expect((await screen.findByRole("alert")).textContent).toContain("The name is taken.");
  await userEvent.type(name, "-2");
  expect(screen.queryByRole("alert")).toBeNull();
});

test("a refusal about no field stands above the buttons", async () => {
  const errors = [{ __typename: "UserError", code: "USER_QUOTA_REACHED", message: "You have 5 of 5 stores.", field: null }];
  show({ CreateStore: () => ({ createStore: { __typename: "CreateStorePayload", store: null, errors } }) });
  await userEvent.type(await screen.findByRole("textbox", { name: "Name" }), "tea-house{Enter}");
  expect((await screen.findByRole("alert")).textContent).toContain("You have 5 of 5 stores.");
});
