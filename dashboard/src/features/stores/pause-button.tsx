import { CirclePause } from "lucide-react";
import { useState } from "react";
import { Button } from "@/components/button";
import type { StoreDetailsFragment } from "@/gql/graphql";
import { keepingFocus } from "@/lib/kept-focus";
import { PauseDialog } from "./pause-dialog";
import { PAUSE } from "./pause-words";
import { isOperationUnderWay } from "./store-facts";

/** The way to pause a shop that is open. */
export function PauseButton({ store }: { store: StoreDetailsFragment }) {
  const [isAsked, setAsked] = useState(false);
  const isBusy = isOperationUnderWay(store);
  return (
    <>
      {/* Not disabled meanwhile, which would take the keyboard's place away: the dialog gives it back to this button. */}
      <Button ref={keepingFocus} aria-disabled={isBusy} title={isBusy ? "Something is being done with the shop just now." : undefined} onClick={() => setAsked(!isBusy)}>
        <CirclePause size={16} aria-hidden /> {PAUSE}
      </Button>
      {isAsked && <PauseDialog store={store} onClose={() => setAsked(false)} />}
    </>
  );
}
