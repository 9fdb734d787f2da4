import { useSyncExternalStore } from "react";
import { askServerTime, onServerTime, serverNow } from "./server-clock";

const JUMP = 5_000;

/** One ticking clock for all that shows a relative time, instead of a timer each. */
function ticker(everyMilliseconds: number) {
  const listeners = new Set<() => void>();
  let now = serverNow();
  let drift = driftNow();
  let stop: () => void = () => undefined;

  function tick() {
    // The browser's clock was set, or the machine slept: what was known of it holds no longer.
    if (Math.abs(driftNow() - drift) > JUMP) {
      drift = driftNow();
      void askServerTime();
    }
    now = serverNow();
    for (const tell of listeners) tell();
  }

  function start() {
    now = serverNow();
    drift = driftNow();
    const timer = setInterval(tick, everyMilliseconds);
    const unfollow = onServerTime(tick);
    stop = () => {
      clearInterval(timer);
      unfollow();
    };
  }

  return {
    subscribe: (listener: () => void) => {
      if (listeners.size === 0) start();
      listeners.add(listener);
      return () => {
        listeners.delete(listener);
        if (listeners.size === 0) stop();
      };
    },
    now: () => now,
  };
}

/** How far the clock is from one that nobody sets: it stays the same until somebody does. */
function driftNow(): number {
  return Date.now() - performance.now();
}

const slow = ticker(15_000);
const fast = ticker(1_000);

/** The server's time, renewed every 15 seconds: for "3 minutes ago". */
export function useNow(): number {
  return useSyncExternalStore(slow.subscribe, slow.now);
}

/** The server's time, renewed every second: for something under way. */
export function useSeconds(): number {
  return useSyncExternalStore(fast.subscribe, fast.now);
}
