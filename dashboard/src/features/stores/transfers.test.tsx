import { screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, test } from "vitest";
import type { StoreDetailsFragment } from "@/gql/graphql";
import { type Answers, nothing, renderPage, viewer } from "@/testing/platform";
import { aDetailedStore, aStore, pageOf } from "@/testing/records";
import { listening, noticeTexts, showStore } from "@/testing/store-page";
import { StoreListPage } from "./store-list-page";
import { GIVE, WHAT_TO_DO } from "./transfer-words";
import { useStoresChanged } from "./use-stores-changed";

const OFFER = { __typename: "TransferOffer" as const, to: "bob", offeredBy: "ada", expiresAt: "2099-12-08T10:00:00Z" };
const OFFERED = {
  __typename: "StoreOffer",
  storeId: "store_7",
  storeName: "soaps",
  engine: "medusa",
  resources: { __typename: "EngineResources", cpu: "500m", memory: "1Gi", storage: "5Gi" },
  offeredBy: "eve",
  expiresAt: "2099-12-08T10:00:00Z",
};

const answered = (name: string, payload: object): Answers => ({
  [`${name[0]?.toUpperCase() ?? ""}${name.slice(1)}`]: () => ({ __typename: "Mutation", [name]: { __typename: "Payload", store: null, errors: [], ...payload } }),
});
const error = (code: string, field: string | null = null) => ({ errors: [{ __typename: "UserError", code, message: `The server’s words for ${code}.`, field }] });
const asksOf = (asked: { name: string; variables: object }[], wanted: string) => asked.filter(({ name }) => name === wanted).map(({ variables }) => variables);

const dialog = () => within(screen.getByRole("dialog"));
const offerIt = async (to: string) => {
  await userEvent.click(await screen.findByRole("button", { name: GIVE }));
  if (to) await userEvent.type(dialog().getByLabelText("Who is to have it"), to);
  await userEvent.click(dialog().getByRole("button", { name: "Offer it" }));
};

test("a shop is offered once it is said who is to have it, and the page shows the offer", async () => {
  const { said, stop } = listening();
  const { asked } = showStore({}, answered("transferStore", { store: aDetailedStore({ version: 13, offer: OFFER }) }));
  await offerIt("");
  expect((await dialog().findByRole("alert")).textContent).toContain("Say who is to have it.");
  expect(asksOf(asked, "TransferStore")).toEqual([]);
  await userEvent.type(dialog().getByLabelText("Who is to have it"), " bob ");
  await userEvent.click(dialog().getByRole("button", { name: "Offer it" }));
  expect(await screen.findByText(/^ada offered this shop to bob\. They can accept it until /)).toBeDefined();
  expect(screen.queryByRole("dialog")).toBeNull();
  expect(asksOf(asked, "TransferStore")).toEqual([{ input: { id: "store_1", to: "bob" } }]);
  expect(said).toEqual(["candles is offered to bob."]);
  stop();
});

test("that a name cannot be stands at its field", async () => {
  showStore({}, answered("transferStore", error("OWNER_INVALID", "to")));
  await offerIt("ada");
  expect((await dialog().findByRole("alert")).textContent.trim()).toBe("The server’s words for OWNER_INVALID.");
});

test.each([
  ["FORBIDDEN", "For this you have to sign in yourself: with the issuer, or with a token that nobody else has made for you."],
  ["OFFER_OPEN", "The server’s words for OFFER_OPEN."],
])("a refusal for %s is told in words", async (code, said) => {
  showStore({}, answered("transferStore", error(code)));
  await offerIt("bob");
  const alert = await dialog().findByRole("alert");
  expect(alert.textContent).toContain("The shop was not offered");
  expect(alert.textContent).toContain(said);
});

test("an offer is withdrawn", async () => {
  const { asked } = showStore({ offer: OFFER }, answered("withdrawTransfer", { store: aDetailedStore({ version: 13 }) }));
  await userEvent.click(await screen.findByRole("button", { name: "Withdraw the offer" }));
  expect(await screen.findByRole("button", { name: GIVE })).toBeDefined();
  expect(asksOf(asked, "WithdrawTransfer")).toEqual([{ input: { id: "store_1" } }]);
});

test("an offer that has run out is none", async () => {
  showStore({ offer: { ...OFFER, expiresAt: "2020-01-01T00:00:00Z" } });
  expect(await screen.findByRole("button", { name: GIVE })).toBeDefined();
});

test.each<[string, Partial<StoreDetailsFragment>, Answers]>([
  ["a viewer", {}, { Viewer: viewer("VIEWER") }],
  ["whose shop leaves", { status: "DELETING", target: "DELETED" }, {}],
])("nobody gives a shop away who is %s", async (_, given, answers) => {
  showStore(given, answers);
  await screen.findByText("12 orders · 2.3 MB · woocommerce 7.1");
  expect(screen.queryByRole("button", { name: GIVE })).toBeNull();
});

/** The list, with what keeps it up to date. */
function Following() {
  useStoresChanged();
  return <StoreListPage />;
}

const stores = () => ({ __typename: "Query", stores: pageOf("Store", [aStore()]) });
const offers = (...found: object[]) => () => ({ __typename: "Query", offeredStores: found });

test("of an offered shop the list says who offers it and what it is, and asks before it is taken over", async () => {
  const { said, stop } = listening();
  const answers = { Stores: stores, OfferedStores: offers(OFFERED), ...answered("acceptTransfer", { store: aStore({ id: "store_7" }) }) };
  const { asked } = renderPage(<StoreListPage />, { answers, at: "/stores", route: "/stores" });
  expect(await noticeTexts("eve offers you the shop soaps")).toEqual([
    expect.stringMatching(/^A shop of medusa \(0\.5 CPU · 1 GB memory · 5 GB disk\)\. You can accept it until /),
  ]);
  await userEvent.click(await screen.findByRole("button", { name: "Accept" }));
  expect(dialog().getByText(WHAT_TO_DO)).toBeDefined();
  expect(asksOf(asked, "AcceptTransfer")).toEqual([]);
  await userEvent.click(dialog().getByRole("button", { name: "Take it over" }));
  expect(await screen.findByText("elsewhere")).toBeDefined(); // the shop's page
  expect(asksOf(asked, "AcceptTransfer")).toEqual([{ input: { id: "store_7" } }]);
  expect(said).toEqual([`The shop soaps is yours. ${WHAT_TO_DO}`]);
  stop();
});

test("why a shop could not be taken over stands in the dialog, which stays", async () => {
  renderPage(<StoreListPage />, { answers: { Stores: stores, OfferedStores: offers(OFFERED), ...answered("acceptTransfer", error("USER_QUOTA_REACHED")) } });
  await userEvent.click(await screen.findByRole("button", { name: "Accept" }));
  await userEvent.click(dialog().getByRole("button", { name: "Take it over" }));
  expect((await dialog().findByRole("alert")).textContent).toContain("The server’s words for USER_QUOTA_REACHED.");
});

test("an offer that is declined goes", async () => {
  let left: object[] = [OFFERED];
  const declined = answered("declineTransfer", {}).DeclineTransfer;
  const answers: Answers = {
    Stores: stores,
    OfferedStores: () => offers(...left)(),
    DeclineTransfer: (variables) => {
      left = [];
      return typeof declined === "function" ? declined(variables) : nothing();
    },
  };
  const { asked } = renderPage(<StoreListPage />, { answers });
  await userEvent.click(await screen.findByRole("button", { name: "Decline" }));
  await waitFor(() => expect(screen.queryByText("eve offers you the shop soaps")).toBeNull());
  expect(asksOf(asked, "DeclineTransfer")).toEqual([{ input: { id: "store_7" } }]);
});

test("a viewer sees an offer, and who can help", async () => {
  renderPage(<StoreListPage />, { answers: { Viewer: viewer("VIEWER"), Stores: stores, OfferedStores: offers(OFFERED) } });
  expect(await screen.findByText("Your role may look only: ask whoever runs the platform for another one.")).toBeDefined();
  expect(screen.queryByRole("button", { name: "Accept" })).toBeNull();
});

test("a shop that somebody has taken over leaves the list", async () => {
  let isGone = false;
  let send: (frame: object) => void = () => undefined;
  const frame = new Promise<object>((resolve) => {
    send = resolve;
  });
  renderPage(<Following />, {
    answers: {
      Stores: () => ({ __typename: "Query", stores: pageOf("Store", isGone ? [] : [aStore()]) }),
      StoresChanged: () => frame,
    },
  });
  expect(await screen.findByRole("link", { name: "candles" })).toBeDefined();
  isGone = true;
  send({ storesChanged: { __typename: "StoresChange", cursor: "c", stores: [], goneStoreIds: ["store_1"] } });
  await waitFor(() => expect(screen.queryByRole("link", { name: "candles" })).toBeNull());
});
