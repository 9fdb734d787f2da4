import { useSyncExternalStore } from "react";

/** One ticking clock for all that shows a relative time, instead of a timer each. */
function ticker(everyMilliseconds: number) {
  const listeners = new Set<() => void>();
  let now = Date.now();
  let timer: ReturnType<typeof setInterval> | undefined;
  return {
    subscribe: (listener: () => void) => {
      listeners.add(listener);
      if (!timer) now = Date.now();
      timer ??= setInterval(() => {
        now = Date.now();
        for (const tell of listeners) tell();
      }, everyMilliseconds);
      return () => {
        listeners.delete(listener);
        if (listeners.size > 0) return;
        clearInterval(timer);
        timer = undefined;
      };
    },
    now: () => now,
  };
}

const slow = ticker(15_000);
const fast = ticker(1_000);

/** The time, renewed every 15 seconds: for "3 minutes ago". */
export function useNow(): number {
  return useSyncExternalStore(slow.subscribe, slow.now);
}

/** The time, renewed every second: for something under way. */
export function useSeconds(): number {
  return useSyncExternalStore(fast.subscribe, fast.now);
}
