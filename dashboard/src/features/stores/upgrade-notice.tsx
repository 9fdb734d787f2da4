import { Notice } from "@/components/notice";
import type { Role, StoreDetailsFragment } from "@/gql/graphql";
import { canBeOpened, isLeaving, isReturn, isUpgrade, isUpgradeGivenUp, isUpgrading, outputOfFailure } from "./store-facts";
import { HOW_IT_COMES_BACK, phaseInWords, upgradeRemedyOf, wantedVersion } from "./upgrade-words";
import { useAnnouncedEnd } from "./use-announced-end";
import { useSoftwareLabel } from "./use-software-label";
import { WhyFailed } from "./why-failed";

interface UpgradeNoticeProps {
  store: StoreDetailsFragment;
  /** What the person may do, once it is known. */
  role: Role | undefined;
}

/** Tells of a shop that is being upgraded, and of one that was left as it was, since that failed. */
export function UpgradeNotice({ store, role }: UpgradeNoticeProps) {
  useAnnouncedEnd(isUpgrading(store), endOf(store));
  if (isLeaving(store)) return null;
  if (isUpgrading(store)) return <BeingUpgraded store={store} />;
  if (isUpgradeGivenUp(store) && canBeOpened(store)) return <NotUpgraded store={store} role={role} />;
  return null;
}

function BeingUpgraded({ store }: { store: StoreDetailsFragment }) {
  const softwareOf = useSoftwareLabel();
  const version = wantedVersion(store);
  return (
    <Notice tone="progress" title="This shop is being upgraded">
      {version && <p>{`From ${softwareOf(store)} to ${version}. It takes some minutes.`}</p>}
      <p>{phaseInWords(store)}</p>
      <p>{HOW_IT_COMES_BACK}</p>
    </Notice>
  );
}

/** Why a shop is open as before, though it should have been upgraded. */
function NotUpgraded({ store, role }: UpgradeNoticeProps) {
  const reason = store.operation?.reason;
  return (
    <Notice tone="failed" title="The shop was not upgraded">
      <p>Nothing of it was changed, and it is open as before.</p>
      <WhyFailed reason={reason} output={outputOfFailure(store.steps)} remedy={upgradeRemedyOf(reason?.code, role, wantedVersion(store))} role={role} />
    </Notice>
  );
}

function endOf(store: StoreDetailsFragment): string | undefined {
  // The return begins with the end of the upgrade.
  if (isReturn(store)) return `The upgrade of ${store.title} failed. The shop is brought back as it was.`;
  const status = isUpgrade(store) ? store.operation?.status : undefined;
  if (status === "SUCCEEDED") return `${store.title} is upgraded to ${store.engineVersion}.`;
  if (status === "FAILED") return `${store.title} was not upgraded.`;
  return undefined;
}
