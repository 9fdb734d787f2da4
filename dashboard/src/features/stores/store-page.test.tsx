import { screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, test } from "vitest";
import type { StoreDetailsFragment } from "@/gql/graphql";
import { addresses, type Answers, nothing, renderPage, unreachable, viewer } from "@/testing/platform";
import { aDetailedStore, anOperation, aReason, aStep } from "@/testing/records";
import { StorePage } from "./store-page";

/** Whether something is out of sight until somebody asks for it. */
function isFolded(element: HTMLElement): boolean {
  return element.closest("details:not([open])") !== null && element.closest("summary") === null;
}

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

test("while a shop is created its steps are in sight, and the one under way says what goes on", async () => {
  const running = aStep({ name: "WORKLOADS_READY", status: "RUNNING", message: "mysql: no pod yet (0 of 1 ready).", finishedAt: null });
  show({ status: "PROVISIONING", readyAt: null, steps: [aStep(), running] });
  expect(await screen.findByRole("heading", { name: "Prepare a private space" })).toBeDefined();
  expect(screen.getByText(/This can take some minutes/)).toBeDefined();
  expect(screen.getByText("1 of 2 steps")).toBeDefined();
  expect(isFolded(screen.getByText("2.0 s"))).toBe(false);
  expect(isFolded(screen.getByText("mysql: no pod yet (0 of 1 ready)."))).toBe(true);
  expect(screen.queryByRole("heading", { name: "What next" })).toBeNull();
});

test("once a shop is ready the page says what next, and its steps fold to one line", async () => {
  const last = aStep({ name: "REACHABLE", startedAt: "2026-11-24T10:00:40Z", finishedAt: "2026-11-24T10:00:47Z" });
  show({ steps: [aStep(), last, aStep({ name: "SETUP_JOB", status: "SKIPPED", startedAt: null, finishedAt: null })] });
  const next = within(await screen.findByRole("region", { name: "What next" }));
  const [shop, admin] = ["http://candles.store.localhost", "http://candles.store.localhost/wp-admin/"];
  const links = next.getAllByRole("link").map((link) => [link.textContent, link.getAttribute("href")]);
  expect(links).toEqual([["Open the shop", shop], ["Sign in to its admin", admin], ["Set up payment", admin], ["Add the first product", admin]]);
  expect(next.getByRole("button", { name: "Show the password" })).toBeDefined();
  expect(screen.getByText("Set up in 47 s · show the steps")).toBeDefined();
  expect(isFolded(screen.getByRole("heading", { name: "Check the address", hidden: true }))).toBe(true);
});

const COPY = "This is a copy of a shop, to try things in. It sends no mail, takes no payments and calls nobody outside.";

test("a copy says what it is, and asks for no steps that only a shop needs", async () => {
  show({ isCopy: true });
  expect(await screen.findByText(COPY)).toBeDefined();
  expect(screen.getByText("Copy")).toBeDefined();
  const next = within(await screen.findByRole("region", { name: "What next" }));
  expect(next.getAllByRole("link").map((link) => link.textContent)).toEqual(["Open the shop", "Sign in to its admin"]);
});

test("of a copy that is gone only the label is left, and a shop has none", async () => {
  const { unmount } = show({ isCopy: true, status: "DELETED", target: "DELETED" });
  expect(await screen.findByText("Copy")).toBeDefined();
  expect(screen.queryByText(COPY)).toBeNull();
  unmount();
  show({});
  expect(await screen.findByRole("heading", { name: "candles" })).toBeDefined();
  expect(screen.queryByText("Copy")).toBeNull();
});

test("what next comes before anything technical", async () => {
  show({});
  const password = await screen.findByRole("button", { name: "Show the password" });
  const technical = screen.getByRole("heading", { name: "Technical details" });
  expect(password.compareDocumentPosition(technical)).toBe(Node.DOCUMENT_POSITION_FOLLOWING);
});

test("a shop with problems has the way into its admin, and no first steps", async () => {
  show({ status: "DEGRADED", reason: aReason("NOT_READY", "0 of 1 pods of wordpress are ready.") });
  expect(await screen.findByText("The shop was ready, but a part of it does not run at the moment.")).toBeDefined();
  expect(screen.getByText("Has problems")).toBeDefined();
  expect(await screen.findByRole("button", { name: "Show the password" })).toBeDefined();
  expect(screen.queryByRole("heading", { name: "What next" })).toBeNull();
});

test("what Kubernetes calls it is folded", async () => {
  show({});
  expect(isFolded(await screen.findByText("Namespace"))).toBe(true);
  expect(screen.getByText("Created")).toBeDefined();
});

test("where addresses are not checked no shop is offered to be opened, and the page says why", async () => {
  show({}, { Addresses: addresses(false) });
  expect(await screen.findByText("Shops do not open here")).toBeDefined();
  expect(screen.queryByRole("link", { name: /^Open/ })).toBeNull();
  expect(screen.queryByRole("heading", { name: "What next" })).toBeNull();
  expect(await screen.findByRole("button", { name: "Show the password" })).toBeDefined();
});

test("a failure is told in a merchant's words, what Kubernetes said is folded, and it can be tried again", async () => {
  const { asked } = show(
    {
      status: "FAILED",
      reason: aReason("CRASH_LOOP", "wordpress: exits with 3. Read its log, then retry."),
      steps: [aStep({ name: "WORKLOADS_READY", status: "FAILED", output: "fatal: no database" })],
    },
    { RetryStore: nothing },
  );
  expect(await screen.findByText("A part of the shop starts and stops again and again.")).toBeDefined();
  expect(screen.getByText(/Whoever runs the platform has to correct this/)).toBeDefined();
  expect(isFolded(screen.getByText("wordpress: exits with 3. Read its log, then retry."))).toBe(true);
  expect(isFolded(screen.getByText("fatal: no database"))).toBe(true);
  await userEvent.click(await screen.findByRole("button", { name: "Try again" }));
  expect(asked.at(-1)).toEqual({ name: "RetryStore", variables: { input: { id: "store_1" } } });
});

test("an admin, who can mend it, sees at once what Kubernetes said", async () => {
  show({ status: "FAILED", reason: aReason("UNSCHEDULABLE", "wordpress-1: fits on no node.") }, { Viewer: viewer("ADMIN") });
  await screen.findByText("The technical details say what to correct. Then choose “Try again”.");
  expect(isFolded(screen.getByText("wordpress-1: fits on no node."))).toBe(false);
  expect(screen.getByRole("link", { name: "Who did what" }).getAttribute("href")).toBe("/audit?store=store_1");
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
  expect(await screen.findByText("Being deleted")).toBeDefined();
  expect(screen.queryByRole("button", { name: /Delete|Cancel|Try again/ })).toBeNull();
});

test.each<[string, string | null]>([
  ["Cancel", null],
  ["Delete", "2026-11-24T10:01:00Z"],
])("what is created or tried again is offered %s if it became ready at %s", async (offered, readyAt) => {
  show({ status: "PROVISIONING", readyAt, steps: [aStep()] });
  expect(await screen.findByText("Being created")).toBeDefined();
  const ways = await screen.findAllByRole("button", { name: /^Delete$|Cancel/ });
  expect(ways.map(({ textContent }) => textContent.trim())).toEqual([offered]);
});

test("a delete that makes no progress says so, and can be tried at once", async () => {
  const { asked } = show(
    {
      status: "FAILED",
      target: "DELETED",
      reason: aReason("NAMESPACE_STUCK", "Namespace shop-1 cannot be removed."),
    },
    { DeleteStore: nothing },
  );
  expect(await screen.findByText("Something in the shop’s private space prevents its removal.")).toBeDefined();
  await userEvent.click(await screen.findByRole("button", { name: "Delete again" }));
  expect(screen.queryByRole("button", { name: /^Delete$|Cancel|Try again/ })).toBeNull();
  expect(asked.at(-1)).toEqual({ name: "DeleteStore", variables: { input: { id: "store_1" } } });
});

test("a viewer is offered nothing to change, and told who can", async () => {
  show({ status: "FAILED", reason: aReason("CRASH_LOOP", "exits") }, { Viewer: viewer("VIEWER") });
  expect(await screen.findByText("Failed")).toBeDefined();
  expect(await screen.findByText(/Your role may look only/)).toBeDefined();
  expect(screen.queryByRole("button", { name: /Delete|Cancel|Try again/ })).toBeNull();
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

test("an owner whose role is viewer is told how to see the password", async () => {
  show({}, { Viewer: viewer("VIEWER") });
  expect(await screen.findByText(/Your role is viewer, which may not see the password/)).toBeDefined();
  expect(screen.queryByRole("button", { name: "Show the password" })).toBeNull();
});

test("what happened is followed from the recent past on: activity in words, and a full record", async () => {
  const event = (version: number, status: string, message: string) => ({
    __typename: "StoreEvent", version, message, kind: "STEP", subject: "NAMESPACE", status, occurredAt: "2026-11-24T10:00:00Z",
  });
  const store = aDetailedStore({ version: 250 });
  const events = [event(248, "RUNNING", "creating woo-1"), event(249, "RUNNING", "waiting for woo-1"), event(250, "SUCCEEDED", "woo-1 is there")];
  const storeStatus = { __typename: "StoreUpdate", version: 250, store, events };
  const { asked } = show({ version: 250 }, { StoreStatus: () => ({ storeStatus }) });
  const wordsIn = (name: string) => within(screen.getByRole("list", { name, hidden: true })).getAllByRole("listitem", { hidden: true }).map((item) => item.lastChild?.textContent);
  await screen.findByText("Prepare a private space: done.");
  expect(wordsIn("Activity, newest first")).toEqual(["Prepare a private space: done."]);
  expect(wordsIn("Full record, newest first")).toEqual(["woo-1 is there", "waiting for woo-1", "creating woo-1"]);
  expect(asked.find(({ name }) => name === "StoreStatus")?.variables).toEqual({ id: "store_1", after: 150 });
});

test("the history tells who asked for what, and is asked for anew when something else begins", async () => {
  const store = aDetailedStore();
  const retry = anOperation({ id: "operation_1_2", number: 2, kind: "RETRY", status: "RUNNING", finishedAt: null });
  const known = [anOperation({ status: "FAILED" })];
  show(
    {},
    {
      StoreOperations: () => {
        const edges = known.toReversed().map((node) => ({ __typename: "OperationEdge", node }));
        return { __typename: "Query", store: { __typename: "Store", id: store.id, operations: { __typename: "OperationConnection", edges } } };
      },
      StoreStatus: () => {
        known.push(retry);
        const storeStatus = { __typename: "StoreUpdate", version: 9, store: { ...store, version: 9, operation: retry }, events: [] };
        return { storeStatus };
      },
    },
  );
  expect(await screen.findByText("Another try, asked for by Ada: under way.")).toBeDefined();
  const history = within(screen.getByRole("list", { name: "History, newest first" }));
  expect(history.getAllByRole("listitem").map((item) => item.lastChild?.textContent)).toEqual([
    "Another try, asked for by Ada: under way.",
    "Creation, asked for by Ada: failed.",
  ]);
});

test("a page that is dimmed dims its history with it, once", async () => {
  const store = aDetailedStore();
  const operations = { __typename: "OperationConnection", edges: [{ __typename: "OperationEdge", node: anOperation() }] };
  const { container } = renderPage(<StorePage />, {
    answers: {
      Store: () => ({ __typename: "Query", store }),
      StoreOperations: () => ({ __typename: "Query", store: { __typename: "Store", id: store.id, operations } }),
    },
    connection: "lost",
    ...AT,
  });
  expect(await screen.findByText("Creation, asked for by Ada: done in 21 s.")).toBeDefined();
  expect(container.querySelectorAll('[data-state="stale"]')).toHaveLength(1);
});

test("a history that cannot be loaded leaves the rest of the page as it is", async () => {
  show({}, { StoreOperations: unreachable });
  expect(await screen.findByText("This could not be loaded")).toBeDefined();
  expect(screen.getByRole("heading", { name: "candles" })).toBeDefined();
});
