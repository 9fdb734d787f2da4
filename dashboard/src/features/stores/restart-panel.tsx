import { Panel } from "@/components/panel";
import type { StoreDetailsFragment } from "@/gql/graphql";
import { useCanChange } from "@/lib/viewer";
import { RestartButton } from "./restart-button";
import styles from "./restart-panel.module.css";
import { isRestartAdvised, WHAT_IT_HELPS } from "./restart-words";
import { canBeOpened, isLeaving } from "./store-facts";

interface RestartPanelProps {
  store: StoreDetailsFragment;
  onAsk: () => void;
}

/** What to try if a shop does not do well, unless the notice of its problem says that. */
export function RestartPanel({ store, onAsk }: RestartPanelProps) {
  const canChange = useCanChange();
  if (!canChange || !canBeOpened(store) || isLeaving(store) || isRestartAdvised(store)) return null;
  return (
    <Panel title="If something does not work">
      <div className={styles.parts}>
        <p className={styles.hint}>{WHAT_IT_HELPS}</p>
        <RestartButton store={store} onAsk={onAsk} />
      </div>
    </Panel>
  );
}
