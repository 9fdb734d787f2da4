import { CircleArrowUp } from "lucide-react";
import { useState } from "react";
import { Panel } from "@/components/panel";
import type { StoreDetailsFragment } from "@/gql/graphql";
import { useCanChange } from "@/lib/viewer";
import { IdleButton } from "./idle-button";
import { canBeOpened, isLeaving } from "./store-facts";
import { UpgradeDialog } from "./upgrade-dialog";
import styles from "./upgrade-panel.module.css";
import { byDefault, upgradeTo } from "./upgrade-words";
import { useSoftwareLabel } from "./use-software-label";
import { VersionChoice } from "./version-choice";

/** The versions that a shop can be upgraded to, with what is new in each. */
export function UpgradePanel({ store }: { store: StoreDetailsFragment }) {
  const canChange = useCanChange();
  const softwareOf = useSoftwareLabel();
  const [chosen, setChosen] = useState<string>();
  const [asked, setAsked] = useState<string>();
  const versions = byDefault(store.upgrades);
  const version = versions.find(({ name }) => name === chosen) ?? versions[0];
  const isOffered = canChange && canBeOpened(store) && !isLeaving(store);
  return (
    <>
      {isOffered && version && (
        <Panel title={versions.length > 1 ? "Newer versions" : "A newer version"}>
          <div className={styles.parts}>
            <p className={styles.hint}>{`This shop has ${softwareOf(store)}.`}</p>
            {versions.length > 1 ? (
              <div className={styles.versions}>
                <VersionChoice versions={versions} value={version.name} onChange={setChosen} />
              </div>
            ) : (
              <p>{version.whatIsNew ?? `${softwareOf({ ...store, engineVersion: version.name })} is there.`}</p>
            )}
            <IdleButton store={store} onAsk={() => setAsked(version.name)}>
              <CircleArrowUp size={16} aria-hidden /> <span>{upgradeTo(version.name)}</span>
            </IdleButton>
          </div>
        </Panel>
      )}
      {asked && <UpgradeDialog store={store} version={asked} onClose={() => setAsked(undefined)} />}
    </>
  );
}
