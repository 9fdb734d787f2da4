import { SearchX } from "lucide-react";
import { useState } from "react";
import { useParams } from "react-router";
import { BackLink } from "@/components/back-link";
import { ButtonLink } from "@/components/button";
import { Empty } from "@/components/empty";
import { Loaded } from "@/components/loaded";
import { Page } from "@/components/page";
import { Panel } from "@/components/panel";
import { Skeleton } from "@/components/skeleton";
import { StatusBadge } from "@/components/status-badge";
import type { StoreDetailsFragment } from "@/gql/graphql";
import { useAreAddressesChecked } from "@/lib/addresses";
import { useLiveQuery } from "@/lib/graphql/use-live-query";
import { useViewer } from "@/lib/viewer";
import { ActivityPanel } from "./activity-panel";
import { AdminPassword } from "./admin-password";
import { BackupNotice } from "./backup-notice";
import { BackupsPanel } from "./backups-panel";
import { ClosedShopsNotice } from "./closed-shops-notice";
import { CopyLabel } from "./copy-label";
import { FactsPanel } from "./facts-panel";
import { HistoryPanel } from "./history-panel";
import { STORE, STORE_BACKUPS } from "./operations";
import { PasswordDialog } from "./password-dialog";
import { PauseNotice } from "./pause-notice";
import { RenameButton } from "./rename-button";
import { RestartDialog } from "./restart-dialog";
import { RestartNotice } from "./restart-notice";
import { RestartPanel } from "./restart-panel";
import { RestoreNotice } from "./restore-notice";
import { StoreActions } from "./store-actions";
import { canBeOpened, doneOf, hostOf, isBeingClosed, isShopLeftAlone, queueDetail, WHAT_A_COPY_IS, workOf } from "./store-facts";
import { StoreNotice } from "./store-notice";
import styles from "./store-page.module.css";
import { TechnicalPanel } from "./technical-panel";
import { FinishedTimeline, isFinished, Timeline } from "./timeline";
import { TransferPanel } from "./transfer-panel";
import { UpgradeNotice } from "./upgrade-notice";
import { PlanPanel } from "./plan-panel";
import { UpgradePanel } from "./upgrade-panel";
import { useSoftwareLabel } from "./use-software-label";
import { useStoreStream } from "./use-store-stream";
import { WayBackPanel } from "./way-back-panel";
import { WhatNext } from "./what-next";

const BACK = <BackLink to="/stores">Stores</BackLink>;

/** A store: what is happening to it now, and why. */
export function StorePage() {
  const { id = "" } = useParams();
  return <OneStore key={id} id={id} />;
}

function OneStore({ id }: { id: string }) {
  const query = useLiveQuery({ query: STORE, variables: { id } });
  const store = query.data?.store;
  const { events, problem } = useStoreStream(id, store?.version);

  if (query.data && !store) {
    return (
      <Page title="No such store" above={BACK}>
        <Empty icon={SearchX} title="There is no store at this address" action={<ButtonLink to="/stores">Show all stores</ButtonLink>}>
          It may belong to somebody else, or its record was removed some time after the store was.
        </Empty>
      </Page>
    );
  }
  return (
    <Page
      key={store ? "store" : "loading"}
      title={store?.title ?? "Store"}
      above={BACK}
      beside={store && <Marks store={store} />}
      below={store && <Below store={store} />}
      actions={store && <StoreActions store={store} />}
    >
      <Loaded
        query={query}
        skeleton={
          <div className={styles.columns}>
            <Skeleton rows={5} height="3.5rem" />
            <Skeleton rows={3} height="6rem" />
          </div>
        }
      >
        {() => store && <StoreBody store={store} events={events} problem={problem} />}
      </Loaded>
    </Page>
  );
}

function Marks({ store }: { store: StoreDetailsFragment }) {
  return (
    <>
      <StatusBadge status={store.status} detail={queueDetail(store)} work={workOf(store)} />
      {store.isCopy && <CopyLabel />}
    </>
  );
}

/** The shop's address, and of a copy what it is for. */
function Below({ store }: { store: StoreDetailsFragment }) {
  return (
    <>
      <p>{hostOf(store.url)}</p>
      {store.isCopy && store.status !== "DELETED" && <p>{`This is a copy of a shop, to try things in. ${WHAT_A_COPY_IS}`}</p>}
    </>
  );
}

interface StoreBodyProps extends ReturnType<typeof useStoreStream> {
  store: StoreDetailsFragment;
}

function StoreBody({ store, events, problem }: StoreBodyProps) {
  const role = useViewer().data?.viewer.role;
  const softwareOf = useSoftwareLabel();
  const backups = useLiveQuery({ query: STORE_BACKUPS, variables: { id: store.id } });
  // Here, since the buttons that ask for it go and come with the shop's problems.
  const [isRestartAsked, setRestartAsked] = useState(false);
  const askForRestart = () => setRestartAsked(true);
  const [isPasswordAsked, setPasswordAsked] = useState(false);
  return (
    <>
      <StoreNotice store={store} problem={problem} role={role} onRestart={askForRestart} />
      <RestoreNotice store={store} role={role} />
      <PauseNotice store={store} role={role} />
      <RestartNotice store={store} role={role} />
      <UpgradeNotice store={store} role={role} />
      <ClosedShopsNotice store={store} />
      <BackupNotice store={store} known={backups.data} />
      <div className={styles.columns}>
        <div className={styles.column}>
          <Doing store={store} onNewPassword={() => setPasswordAsked(true)} />
          <ActivityPanel events={events} auditPath={role === "ADMIN" ? `/audit?store=${store.id}` : undefined} />
        </div>
        <div className={styles.column}>
          <FactsPanel store={store} software={softwareOf(store)} action={<RenameButton store={store} />} />
          <PlanPanel store={store} />
          <UpgradePanel store={store} />
          <BackupsPanel store={store} query={backups} role={role} />
          <RestartPanel store={store} onAsk={askForRestart} />
          <WayBackPanel store={store} known={backups.data} />
          <TransferPanel store={store} />
          <HistoryPanel id={store.id} />
          <TechnicalPanel store={store} events={events} />
        </div>
      </div>
      {isRestartAsked && <RestartDialog store={store} onClose={() => setRestartAsked(false)} />}
      {isPasswordAsked && <PasswordDialog store={store} onClose={() => setPasswordAsked(false)} />}
    </>
  );
}

/** What is being done to the shop; once it is there, what its owner does with it. */
function Doing({ store, onNewPassword }: { store: StoreDetailsFragment; onNewPassword: () => void }) {
  const isSetUp = canBeOpened(store) && !isBeingClosed(store);
  const isOpen = useAreAddressesChecked() === true && isSetUp && store.status === "READY";
  return (
    <>
      {isOpen && <WhatNext store={store} onNewPassword={onNewPassword} />}
      {isSetUp && !isOpen && (
        <Panel title="Sign in to its admin">
          <AdminPassword store={store} onNew={onNewPassword} />
        </Panel>
      )}
      {/* The steps of a backup stand beside the backups: they are not what became of the shop. */}
      {!isShopLeftAlone(store) && <Progress store={store} isFolded={isSetUp || store.status === "SUSPENDED"} />}
    </>
  );
}

function Progress({ store, isFolded }: { store: StoreDetailsFragment; isFolded: boolean }) {
  const { steps, status } = store;
  if (isFolded && isFinished(steps)) return <FinishedTimeline steps={steps} done={doneOf(store)} />;
  return <Timeline steps={steps} isWaiting={status === "QUEUED"} isOver={status === "FAILED" || status === "DELETED"} />;
}
