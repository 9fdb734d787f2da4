import { Power } from "lucide-react";
import type { StoreDetailsFragment } from "@/gql/graphql";
import { IdleButton } from "./idle-button";
import { RESTART } from "./restart-words";

interface RestartButtonProps {
  store: StoreDetailsFragment;
  look?: "primary";
  /** Asks before it is done, with a dialog that stays when this button goes since the shop is well again. */
  onAsk: () => void;
}

/** The way to restart a shop that is open. */
export function RestartButton({ store, look, onAsk }: RestartButtonProps) {
  return (
    <IdleButton store={store} onAsk={onAsk} {...(look && { look })}>
      <Power size={16} aria-hidden /> {RESTART}
    </IdleButton>
  );
}
