import { Gauge } from "lucide-react";
import { useState } from "react";
import { Panel } from "@/components/panel";
import type { StoreDetailsFragment } from "@/gql/graphql";
import { useCanChange } from "@/lib/viewer";
import { IdleButton } from "./idle-button";
import { PlanDialog } from "./plan-dialog";
import { planInWords } from "./plan-words";
import styles from "./restart-panel.module.css";
import { canBeOpened, isLeaving } from "./store-facts";

/** The plan of a shop that is open, and the way to another one. */
export function PlanPanel({ store }: { store: StoreDetailsFragment }) {
  const canChange = useCanChange();
  const [isAsking, setAsking] = useState(false);
  if (!store.plan || !canChange || !canBeOpened(store) || isLeaving(store)) return null;
  return (
    <Panel title="Plan">
      <div className={styles.parts}>
        <p className={styles.hint}>{`This shop has the plan ${planInWords(store.plan)}. With another one it has more or less of the cluster, and nothing is lost.`}</p>
        <IdleButton store={store} onAsk={() => setAsking(true)}>
          <Gauge size={16} aria-hidden /> <span>Change plan</span>
        </IdleButton>
      </div>
      {isAsking && <PlanDialog store={store} onClose={() => setAsking(false)} />}
    </Panel>
  );
}
