import { CircleCheck, DatabaseBackup } from "lucide-react";
import { useId } from "react";
import { useMutation } from "urql";
import { Button } from "@/components/button";
import { Notice } from "@/components/notice";
import { Refusal } from "@/components/refusal";
import { TimeAgo } from "@/components/time-ago";
import type { Role, StoreDetailsFragment } from "@/gql/graphql";
import { refusalOf } from "@/lib/graphql/refusal-of";
import { useCanChange } from "@/lib/viewer";
import styles from "./backups-panel.module.css";
import { CREATE_BACKUP } from "./operations";
import { backupRemedyOf } from "./reason-words";
import { StepList } from "./step-list";
import { canBeOpened, isBackingUp, isBackup, isLeaving, isOperationUnderWay, isPausing, isRestarting, isRestoring, isUpgrading, outputOfFailure } from "./store-facts";
import { useAnnouncedEnd } from "./use-announced-end";
import { WhyFailed } from "./why-failed";

interface BackupNowProps {
  store: StoreDetailsFragment;
  /** What the person may do, once it is known. */
  role: Role | undefined;
}

/** The way to make a backup; the steps of one that is being made, and how the latest one ended. */
export function BackupNow({ store, role }: BackupNowProps) {
  const canChange = useCanChange() && store.status !== "DELETED" && !isLeaving(store);
  useAnnouncedEnd(isBackingUp(store), endOf(store));
  return (
    <div className={styles.now}>
      {canChange && <BackUpButton store={store} />}
      <div className={styles.wide} data-backup={isBackup(store) ? store.operation?.status : undefined}>
        {isBackingUp(store) ? <StepList steps={store.steps} isOver={false} /> : <LatestEnd store={store} role={role} />}
      </div>
    </div>
  );
}

function BackUpButton({ store }: { store: StoreDetailsFragment }) {
  const id = useId();
  const [result, createBackup] = useMutation(CREATE_BACKUP);
  const obstacle = obstacleOf(store);
  return (
    <>
      <Button
        disabled={result.fetching || obstacle !== undefined}
        aria-describedby={obstacle ? id : undefined}
        onClick={() => createBackup({ input: { id: store.id } })}
      >
        <DatabaseBackup size={16} aria-hidden /> Back up now
      </Button>
      {obstacle && (
        <p id={id} className={styles.hint}>
          {obstacle}
        </p>
      )}
      <Refusal title="No backup was begun" message={refusalOf(result, (data) => data.createBackup)} />
    </>
  );
}

/** Why no backup can be made of a shop at the moment. */
function obstacleOf(store: StoreDetailsFragment): string | undefined {
  if (isBackingUp(store)) return "A backup is being made. The shop stays open meanwhile.";
  if (isRestoring(store)) return "A backup is being restored in place of this shop.";
  if (isPausing(store)) return "The shop is being paused.";
  if (isRestarting(store)) return "The shop is being restarted.";
  if (isUpgrading(store)) return "The shop is being upgraded, and is saved before.";
  if (store.status === "SUSPENDED") return "Nothing in a paused shop changes. Open it again to have a backup made, or one restored in its place.";
  if (!canBeOpened(store)) return "A backup can be made of a shop that is ready.";
  if (isOperationUnderWay(store)) return "Something else is being done with the shop just now.";
  return undefined;
}

/** How the latest backup ended, if nothing else was done with the shop since. */
function LatestEnd({ store, role }: BackupNowProps) {
  const { operation, steps } = store;
  if (!isBackup(store) || !operation) return null;
  if (operation.status === "SUCCEEDED" && operation.finishedAt) {
    return (
      <p className={styles.done}>
        <CircleCheck size={16} aria-hidden />
        <span>Backed up</span>
        <TimeAgo at={operation.finishedAt} />
      </p>
    );
  }
  if (operation.status !== "FAILED") return null;
  const { reason } = operation;
  return (
    <Notice tone="failed" title="The latest backup failed">
      <WhyFailed reason={reason} output={outputOfFailure(steps)} remedy={backupRemedyOf(reason?.code, role)} role={role} />
    </Notice>
  );
}

function endOf(store: StoreDetailsFragment): string | undefined {
  const status = isBackup(store) ? store.operation?.status : undefined;
  if (status === "SUCCEEDED") return `${store.title} is backed up.`;
  if (status === "FAILED") return `The backup of ${store.title} failed.`;
  return undefined;
}
