import type { GraphQLFormattedError } from "graphql";
import type { Client, ExecutionResult, Sink, SubscribePayload } from "graphql-ws";

type Data = Record<string, unknown>;

const RESTART_AFTER = 2_000;

/**
 * Subscribe so that a later connection goes on where the last one ended.
 *
 * graphql-ws subscribes anew after each reconnect with the payload it was given; here the payload's
 * `after` is always the cursor of the last frame, so that nothing is missed and nothing comes twice.
 * A close code that graphql-ws holds for fatal is tried again too, a refusal (4403) excepted. When
 * the server no longer knows the cursor, the stream begins anew: its first frame then says so.
 */
export function subscribeResuming(
  client: Client,
  request: SubscribePayload,
  sink: Sink<ExecutionResult<Data>>,
): () => void {
  let after: unknown = request.variables?.after;
  let stop: () => void = () => undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const payload: SubscribePayload = {
    ...request,
    get variables() {
      return { ...request.variables, after };
    },
  };

  function start() {
    stop = client.subscribe<Data>(payload, {
      next: (frame) => {
        if (isCursorInvalid(frame.errors)) {
          startOver();
          return;
        }
        after = cursorOf(frame.data) ?? after;
        sink.next(frame as ExecutionResult<Data>);
      },
      error: (problem) => {
        if (isCursorInvalid(problem)) startOver();
        else if (problem instanceof CloseEvent && problem.code !== 4403) again(RESTART_AFTER);
        else sink.error(problem);
      },
      complete: () => {
        if (timer === undefined) sink.complete();
      },
    });
  }

  function startOver() {
    after = null;
    again(0);
  }

  function again(wait: number) {
    clearTimeout(timer);
    timer = setTimeout(() => {
      timer = undefined;
      start();
    }, wait);
  }

  start();
  return () => {
    clearTimeout(timer);
    stop();
  };
}

/** The cursor of a frame: `version` of a store's own stream, `cursor` of the stream of all. */
function cursorOf(data: Data | null | undefined): unknown {
  for (const value of Object.values(data ?? {})) {
    if (typeof value !== "object" || value === null) continue;
    if ("cursor" in value) return value.cursor;
    if ("version" in value) return value.version;
  }
  return undefined;
}

function isCursorInvalid(problem: unknown): boolean {
  if (!Array.isArray(problem)) return false;
  return problem.some(
    (error) => error instanceof Object && (error as GraphQLFormattedError).extensions?.code === "CURSOR_INVALID",
  );
}
