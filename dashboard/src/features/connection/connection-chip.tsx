import { useEffect, useRef } from "react";
import { announce } from "@/lib/announcer";
import { useConnection } from "@/lib/graphql/provider";
import type { ConnectionState } from "@/lib/graphql/socket";
import styles from "./connection-chip.module.css";

const WORDS: Record<ConnectionState, string> = {
  connecting: "Connecting …",
  live: "Live",
  lost: "Reconnecting …",
  refused: "Signed out",
};

/** Says whether changes arrive as they happen. */
export function ConnectionChip() {
  const state = useConnection();
  const before = useRef(state);

  useEffect(() => {
    if (state === "lost" && before.current === "live") announce("The connection was lost. Reconnecting.");
    if (state === "live" && before.current === "lost") announce("Connected again. Everything is up to date.");
    before.current = state;
  }, [state]);

  return (
    <span className={styles.chip} data-connection={state} title={state === "live" ? "Changes appear as they happen" : undefined}>
      <span className={styles.dot} aria-hidden />
      <span>{WORDS[state]}</span>
    </span>
  );
}
