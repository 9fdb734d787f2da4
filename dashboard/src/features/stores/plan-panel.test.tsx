import { screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, test } from "vitest";
import type { StoreDetailsFragment } from "@/gql/graphql";
import { type Answers, viewer } from "@/testing/platform";
import { aDetailedStore, anOperation } from "@/testing/records";
import { showStore } from "@/testing/store-page";

const SMALL = { __typename: "Plan" as const, name: "small", description: "5 GB for orders.", price: "9 € a month" };
const change = (name: string, way: string, message: string) => ({
  __typename: "PlanChange",
  way,
  message,
  plan: {
    __typename: "Plan",
    name,
    description: null,
    isDefault: false,
    price: null,
    resources: { __typename: "EngineResources", cpu: "1", memory: "2Gi", storage: "40Gi" },
  },
});
const CHANGES = [change("medium", "EXPANDS", "The disks grow."), change("large", "BY_BACKUP", "Restore a backup.")];
const OFFERED = { PlanChanges: () => ({ __typename: "Query", store: { __typename: "Store", id: "store_1", planChanges: CHANGES } }) };
const answered = (payload: object) => ({
  ChangePlan: () => ({ __typename: "Mutation", changePlan: { __typename: "ChangePlanPayload", store: null, errors: [], ...payload } }),
});
const CHANGING = anOperation({ id: "operation_1_2", number: 2, kind: "PLAN", status: "QUEUED", finishedAt: null });

const show = (given: Partial<StoreDetailsFragment> = {}, more: Answers = {}) => showStore({ plan: SMALL, ...given }, { ...OFFERED, ...more });

test("a change of the plan says before what happens, and is asked for", async () => {
  const store = aDetailedStore({ plan: SMALL, operation: CHANGING });
  const { asked } = show({}, answered({ store }));
  await userEvent.click(await screen.findByRole("button", { name: "Change plan" }));
  expect(await screen.findByText("The disks grow.")).toBeDefined();
  await userEvent.click(screen.getAllByRole("button", { name: "Change plan" }).at(-1) as HTMLElement);
  expect(asked.find(({ name }) => name === "ChangePlan")?.variables).toEqual({ input: { id: "store_1", plan: "medium" } });
});

test("a plan that only a new shop can have is not asked for", async () => {
  show();
  await userEvent.click(await screen.findByRole("button", { name: "Change plan" }));
  await userEvent.click(await screen.findByRole("radio", { name: /^large/ }));
  expect(screen.getByText("Restore a backup.")).toBeDefined();
  expect(screen.getAllByRole("button", { name: "Change plan" }).at(-1)).toHaveProperty("disabled", true);
});

test("what is refused is said, and the shop’s plan stands among its facts", async () => {
  const errors = [{ __typename: "UserError", code: "PLAN_NOT_CHANGEABLE", message: "Not now.", field: "id" }];
  show({}, answered({ errors }));
  expect(await screen.findByText("5 GB for orders.")).toBeDefined();
  await userEvent.click(await screen.findByRole("button", { name: "Change plan" }));
  await screen.findByText("The disks grow.");
  await userEvent.click(screen.getAllByRole("button", { name: "Change plan" }).at(-1) as HTMLElement);
  expect((await screen.findByRole("alert")).textContent).toContain("Not now.");
});

test.each<[string, Partial<StoreDetailsFragment>, Answers]>([
  ["without a plan", { plan: null }, {}],
  ["that has failed", { status: "FAILED" }, {}],
  ["of which somebody may only look", {}, { Viewer: viewer("VIEWER") }],
])("a shop %s has no change of the plan on offer", async (_, given, more) => {
  show(given, more);
  expect(await screen.findByText("About")).toBeDefined();
  expect(screen.queryByRole("button", { name: "Change plan" })).toBeNull();
});
