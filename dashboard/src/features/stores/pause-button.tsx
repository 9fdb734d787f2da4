import { CirclePause } from "lucide-react";
import { useState } from "react";
import type { StoreDetailsFragment } from "@/gql/graphql";
import { IdleButton } from "./idle-button";
import { PauseDialog } from "./pause-dialog";
import { PAUSE } from "./pause-words";

/** The way to pause a shop that is open. */
export function PauseButton({ store }: { store: StoreDetailsFragment }) {
  const [isAsked, setAsked] = useState(false);
  return (
    <>
      <IdleButton store={store} onAsk={() => setAsked(true)}>
        <CirclePause size={16} aria-hidden /> {PAUSE}
      </IdleButton>
      {isAsked && <PauseDialog store={store} onClose={() => setAsked(false)} />}
    </>
  );
}
