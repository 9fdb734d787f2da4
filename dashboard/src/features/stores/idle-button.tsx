import type { ComponentProps } from "react";
import { Button } from "@/components/button";
import type { StoreDetailsFragment } from "@/gql/graphql";
import { keepingFocus } from "@/lib/kept-focus";
import { isOperationUnderWay } from "./store-facts";

interface IdleButtonProps extends Pick<ComponentProps<typeof Button>, "look" | "children"> {
  store: Pick<StoreDetailsFragment, "operation">;
  onAsk: () => void;
}

/** The way to something that is done with a shop only while nothing else is. */
export function IdleButton({ store, onAsk, ...rest }: IdleButtonProps) {
  const isBusy = isOperationUnderWay(store);
  return (
    // Not disabled meanwhile, which would take the keyboard's place away: a dialog gives it back to this button.
    <Button
      ref={keepingFocus}
      aria-disabled={isBusy}
      title={isBusy ? "Something is being done with the shop just now." : undefined}
      onClick={() => {
        if (!isBusy) onAsk();
      }}
      {...rest}
    />
  );
}
