import { screen } from "@testing-library/react";
import { StorePage } from "@/features/stores/store-page";
import type { OperationFactsFragment, StoreDetailsFragment } from "@/gql/graphql";
import { onAnnouncement } from "@/lib/announcer";
import { type Answers, renderPage } from "./platform";
import { aBackup, aDetailedStore, backupsOf } from "./records";

/** Draw the page of a shop that has a backup. */
export function showStore(given: Partial<StoreDetailsFragment> = {}, more: Answers = {}) {
  const store = aDetailedStore(given);
  return renderPage(<StorePage />, {
    answers: { Store: () => ({ __typename: "Query", store }), StoreBackups: () => backupsOf([aBackup()]), ...more },
    at: "/stores/store_1",
    route: "/stores/:id",
  });
}

/** The answer to the question for a shop's history; its operations oldest first. */
export function historyAnswer(...operations: OperationFactsFragment[]): Answers {
  const edges = operations.toReversed().map((node) => ({ __typename: "OperationEdge", node }));
  const store = { __typename: "Store", id: "store_1", operations: { __typename: "OperationConnection", edges } };
  return { StoreOperations: () => ({ __typename: "Query", store }) };
}

/** A frame of the store's stream, sent when the test says so. */
export function streaming() {
  let send: (store: StoreDetailsFragment) => void = () => undefined;
  const frame = new Promise<object>((resolve) => {
    send = (store) => resolve({ storeStatus: { __typename: "StoreUpdate", version: store.version, store, events: [] } });
  });
  return { answers: { StoreStatus: () => frame }, send };
}

/** What is said to people who listen to the page. */
export function listening(): { said: string[]; stop: () => void } {
  const said: string[] = [];
  return { said, stop: onAnnouncement((message) => said.push(message)) };
}

/** The texts of the notice with this title. */
export async function noticeTexts(title: string) {
  const texts = (await screen.findByText(title)).parentElement?.querySelectorAll(":scope > p") ?? [];
  return [...texts].slice(1).map(({ textContent }) => textContent);
}
