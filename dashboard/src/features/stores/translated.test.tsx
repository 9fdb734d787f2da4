import { render } from "@testing-library/react";
import type { ReactElement } from "react";
import { MemoryRouter } from "react-router";
import { expect, test } from "vitest";
import type { StoreDetailsFragment } from "@/gql/graphql";
import { aDetailedStore, aStep } from "@/testing/records";
import { translate } from "@/testing/translation";
import { ActivityPanel } from "./activity-panel";
import { FactsPanel } from "./facts-panel";
import { StoreNotice } from "./store-notice";
import { StoreRow } from "./store-row";
import { TechnicalPanel } from "./technical-panel";
import { FinishedTimeline, Timeline } from "./timeline";
import type { StoreEvent } from "./use-store-stream";

type Pod = StoreDetailsFragment["pods"][number];
type Container = Pod["containers"][number];

const event = (version: number): StoreEvent => ({
  version, kind: "STATUS", subject: "store", status: "READY", message: `event ${version}`, occurredAt: "2026-11-24T10:00:00Z",
});
const container: Container = {
  name: "web", image: "web:1", state: "WAITING", reason: null, message: null, isReady: false, isInit: true, restarts: 0, exitCode: null,
};
const pod: Pod = {
  name: "web-1", component: "wordpress", phase: "PENDING", status: "Pending", reason: null, message: null, isReady: false, restarts: 0,
  node: "node-1", createdAt: "2026-11-24T10:00:00Z", containers: [container],
};

const planCalled = (name: string, description: string) => ({ __typename: "Plan" as const, name, description, price: null });

const QUEUED = aDetailedStore({ status: "QUEUED", queuePosition: 2, readyAt: null });
const BUILDING = aDetailedStore({
  status: "PROVISIONING", queuePosition: null, readyAt: null,
  steps: [aStep(), aStep({ name: "SETUP_JOB", status: "RUNNING", message: "Setting up", finishedAt: null })],
  pods: [{ ...pod, restarts: 1 }],
});
const READY = aDetailedStore({
  owner: "bob", engineVersion: "7.2", plan: planCalled("small", "5 GB for orders."), steps: [aStep(), aStep({ name: "SETUP_JOB" })],
  pods: [{ ...pod, component: null, isReady: true, status: "Running", phase: "RUNNING", containers: [{ ...container, isInit: false, restarts: 2, exitCode: 1, message: "ended" }] }],
});
const FAILED = aDetailedStore({
  status: "FAILED", reason: { code: "IMAGE_NOT_FOUND", message: "No such image." }, diagnostics: { namespace: "woo-1", release: "woo-1" },
  steps: [aStep(), aStep({ name: "SETUP_JOB", status: "FAILED", message: "No such image.", output: "last words" })],
});
const DELETED = aDetailedStore({ status: "DELETED", target: "DELETED", deletedAt: "2026-11-24T11:00:00Z" });
const GROWN = aDetailedStore({ ...READY, plan: planCalled("medium", "20 GB for orders.") });
const CHANGES: [string, StoreDetailsFragment, StoreDetailsFragment][] = [
  ["QUEUED to PROVISIONING", QUEUED, BUILDING],
  ["PROVISIONING to READY", BUILDING, READY],
  ["READY to FAILED", READY, FAILED],
  ["FAILED to QUEUED", FAILED, QUEUED],
  ["READY to DELETED", READY, DELETED],
  ["one plan to another", READY, GROWN],
];

function Everything({ store, events }: { store: StoreDetailsFragment; events: StoreEvent[] }) {
  return (
    <>
      <StoreRow store={store} isAddressChecked software={`Shop ${store.engineVersion}`} />
      <StoreNotice store={store} problem={undefined} role="OPERATOR" onRestart={() => undefined} />
      <Timeline steps={store.steps} isWaiting={store.status === "QUEUED"} isOver={store.status === "FAILED"} />
      <FinishedTimeline steps={store.steps} />
      <FactsPanel store={store} software={`Shop ${store.engineVersion}`} />
      <ActivityPanel events={events} />
      <TechnicalPanel store={store} events={events} />
    </>
  );
}

const inRouter = (page: ReactElement) => <MemoryRouter>{page}</MemoryRouter>;

test.each(CHANGES)("a page that was translated follows a store from %s", (_, before, after) => {
  const [old, now] = [[event(1)], [event(1), event(2)]];
  const translated = render(inRouter(<Everything store={before} events={old} />));
  translate(translated.container);
  translated.rerender(inRouter(<Everything store={after} events={now} />));
  const plain = render(inRouter(<Everything store={after} events={now} />));
  expect(translated.container.textContent).toBe(plain.container.textContent);
});
