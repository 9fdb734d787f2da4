import { render } from "@testing-library/react";
import type { ReactElement } from "react";
import { MemoryRouter, Route, Routes } from "react-router";
import { Client, CombinedError, type Exchange, type Operation, type OperationResult, Provider } from "urql";
import { filter, fromPromise, fromValue, merge, mergeMap, never, pipe, type Source, takeUntil } from "wonka";
import { newCache } from "@/lib/graphql/cache";
import { ConnectionContext } from "@/lib/graphql/provider";
import type { ConnectionState } from "@/lib/graphql/socket";

/** What the API answers: an operation's data by its name, or a promise of it. */
export type Answers = Record<string, ((variables: Record<string, unknown>) => unknown) | CombinedError>;

const UNANSWERED = Symbol("unanswered");

/** Never answers. */
export const nothing = () => UNANSWERED;

/** The API does not answer at all. */
export const unreachable = new CombinedError({ networkError: new Error("connection refused") });

/** The API answers with an error of its own. */
export function failing(message: string, code: string): CombinedError {
  return new CombinedError({ graphQLErrors: [{ message, extensions: { code } }] });
}

interface Options {
  answers: Answers;
  connection?: ConnectionState;
  /** The address that is open, and the pattern of its route. */
  at?: string;
  route?: string;
}

/** Draw a page as one that is signed in sees it, with the real cache and answers made up. */
export function renderPage(page: ReactElement, { answers, connection = "live", at = "/", route = "*" }: Options) {
  const asked: { name: string; variables: Record<string, unknown> }[] = [];
  const client = new Client({
    url: "/graphql",
    preferGetMethod: false,
    exchanges: [newCache(), answering({ Viewer: viewer("OPERATOR"), Addresses: addresses(true), ...answers }, asked)],
  });
  const connected = { state: () => connection, onState: () => () => undefined };
  const drawn = render(
    <MemoryRouter initialEntries={[at]}>
      <Provider value={client}>
        <ConnectionContext value={connected}>
          <Routes>
            <Route path={route} element={page} />
            <Route path="*" element={<p>elsewhere</p>} />
          </Routes>
        </ConnectionContext>
      </Provider>
    </MemoryRouter>,
  );
  return { ...drawn, asked };
}

export function addresses(isAddressChecked: boolean) {
  return () => ({ platform: { __typename: "Platform", isAddressChecked } });
}

export function viewer(
  role: string,
  { storesUsed = 1, storesLimit = 5, tokensEndBy = null as string | null, countsSuspendedStores = true } = {},
) {
  const storesLeft = Math.max(0, storesLimit - storesUsed);
  const quota = { __typename: "StoreQuota", storesUsed, storesLimit, storesLeft };
  const named = { __typename: "Viewer", name: "ada", source: "local", displayName: "ada" };
  return () => ({ viewer: { ...named, role, tokensEndBy, quota }, platform: { __typename: "Platform", countsSuspendedStores } });
}

function answering(answers: Answers, asked: { name: string; variables: Record<string, unknown> }[]): Exchange {
  return () => (operations) => {
    const answered = pipe(
      operations,
      filter(({ kind }) => kind !== "teardown"),
      mergeMap((operation) => {
        const name = nameOf(operation);
        const variables = operation.variables as Record<string, unknown>;
        asked.push({ name, variables });
        const isOver = pipe(
          operations,
          filter(({ kind, key }) => kind === "teardown" && key === operation.key),
        );
        return pipe(answerTo(operation, answers[name], variables), takeUntil(isOver));
      }),
    );
    return merge([answered, never as Source<OperationResult>]);
  };
}

function answerTo(
  operation: Operation,
  answer: Answers[string] | undefined,
  variables: Record<string, unknown>,
): Source<OperationResult> {
  const base = { operation, stale: false, hasNext: operation.kind === "subscription" };
  if (answer instanceof CombinedError) return fromValue({ ...base, data: null, error: answer });
  const data = answer ? answer(variables) : UNANSWERED;
  if (data === UNANSWERED) return never as Source<OperationResult>;
  return fromPromise(Promise.resolve(data).then((known: unknown) => ({ ...base, data: known, error: undefined })));
}

function nameOf({ query }: Operation): string {
  for (const definition of query.definitions) {
    if ("operation" in definition) return definition.name?.value ?? "";
  }
  return "";
}
