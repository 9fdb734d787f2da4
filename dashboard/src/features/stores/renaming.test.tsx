import { screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, test } from "vitest";
import type { StoreDetailsFragment } from "@/gql/graphql";
import { type Answers, renderPage, viewer } from "@/testing/platform";
import { aDetailedStore, aStore, pageOf } from "@/testing/records";
import { listening, showStore } from "@/testing/store-page";
import { StoreListPage } from "./store-list-page";

const answered = (payload: object): Answers => ({
  RenameStore: () => ({ __typename: "Mutation", renameStore: { __typename: "RenameStorePayload", store: null, errors: [], ...payload } }),
});
const dialog = () => within(screen.getByRole("dialog", { name: "Rename candles?" }));

async function rename(title: string) {
  await userEvent.click(await screen.findByRole("button", { name: "Rename" }));
  const field = dialog().getByLabelText("What it is called");
  await userEvent.clear(field);
  if (title) await userEvent.type(field, title);
  await userEvent.click(dialog().getByRole("button", { name: "Rename" }));
}

test("a shop gets another title, after it is said what stays, and the page shows it", async () => {
  const { said, stop } = listening();
  const { asked } = showStore({}, answered({ store: aDetailedStore({ version: 13, title: "Ada’s Candles" }) }));
  await rename("Ada’s Candles");
  expect(await screen.findByRole("heading", { name: "Ada’s Candles", level: 1 })).toBeDefined();
  expect(screen.queryByRole("dialog")).toBeNull();
  expect(asked.filter(({ name }) => name === "RenameStore").map(({ variables }) => variables)).toEqual([
    { input: { id: "store_1", title: "Ada’s Candles" } },
  ]);
  expect(said).toEqual(["The shop is called Ada’s Candles now."]);
  stop();
});

test("what is refused stands at the field", async () => {
  showStore({}, answered({ errors: [{ __typename: "UserError", code: "TITLE_INVALID", message: "A title has 1 to 80 characters." }] }));
  await rename("");
  expect((await dialog().findByRole("alert")).textContent).toContain("A title has 1 to 80 characters.");
});

test.each<[string, Partial<StoreDetailsFragment>, Answers]>([
  ["to a viewer", {}, { Viewer: viewer("VIEWER") }],
  ["of a shop that leaves", { status: "DELETING", target: "DELETED" }, {}],
])("it is not offered %s", async (_, given, answers) => {
  showStore(given, answers);
  await screen.findByText("12 orders · 2.3 MB · woocommerce 7.1");
  expect(screen.queryByRole("button", { name: "Rename" })).toBeNull();
});

test("whoever is asked about a shop reads its title", async () => {
  showStore({ title: "Ada’s Candles" });
  await userEvent.click(await screen.findByRole("button", { name: "Pause shop" }));
  expect(screen.getByRole("dialog", { name: "Pause Ada’s Candles?" })).toBeDefined();
});

test("the list calls a shop by its title, above its address", async () => {
  renderPage(<StoreListPage />, { answers: { Stores: () => ({ __typename: "Query", stores: pageOf("Store", [aStore({ title: "Ada’s Candles" })]) }) } });
  expect(await screen.findByRole("link", { name: "Ada’s Candles" })).toBeDefined();
  expect(screen.getByText("candles.store.localhost")).toBeDefined();
});
