import { Link } from "react-router";
import { Loaded } from "@/components/loaded";
import { Panel } from "@/components/panel";
import { Skeleton } from "@/components/skeleton";
import type { Role, StoreBackupsQuery, StoreDetailsFragment } from "@/gql/graphql";
import type { LiveQuery } from "@/lib/graphql/use-live-query";
import { dayAndTime } from "@/lib/time";
import { useNow } from "@/lib/use-now";
import { useCanChange } from "@/lib/viewer";
import { BackupNow } from "./backup-now";
import { type BackupPolicy, backupsIn, backupsInWords, scheduleInWords } from "./backup-words";
import styles from "./backups-panel.module.css";
import { EventList } from "./event-list";
import { restorePath } from "./restore-path";
import { useSoftwareLabel } from "./use-software-label";

interface BackupsPanelProps {
  store: StoreDetailsFragment;
  query: LiveQuery<StoreBackupsQuery>;
  /** What the person may do, once it is known. */
  role: Role | undefined;
}

/** The backups of a shop, the one that is being made, and the way to make one now. */
export function BackupsPanel({ store, query, role }: BackupsPanelProps) {
  const softwareOf = useSoftwareLabel();
  const canRestore = useCanChange();
  const isGone = store.status === "DELETED";
  return (
    <Panel title="Backups">
      <Loaded query={query} skeleton={<Skeleton rows={2} height="2rem" />} isPart>
        {(data) => {
          const backups = backupsIn(data);
          const policy = data.platform.backups;
          return (
            <div className={styles.parts}>
              {policy ? <Policy policy={policy} isGone={isGone} /> : <NotSetUp />}
              {policy && <BackupNow store={store} role={role} />}
              {backups.length > 0 && (
                <EventList
                  label="Backups"
                  happenings={backupsInWords(backups, softwareOf)}
                  actionOf={canRestore && policy ? ({ version, occurredAt }) => <Restore id={store.id} number={version} madeAt={occurredAt} /> : undefined}
                />
              )}
              {policy && backups.length === 0 && <p className={styles.hint}>{isGone ? "No backup of this shop was made." : "No backup was made yet."}</p>}
            </div>
          );
        }}
      </Loaded>
    </Panel>
  );
}

/** Leads to the form for a new shop, which can be left again: nothing is begun here. */
function Restore({ id, number, madeAt }: { id: string; number: number; madeAt: string }) {
  const now = useNow();
  return (
    <Link to={restorePath(id, number)}>
      Restore into a new shop<span className="visually-hidden">{` from the backup of ${dayAndTime(madeAt, now)}`}</span>
    </Link>
  );
}

function Policy({ policy, isGone }: { policy: BackupPolicy; isGone: boolean }) {
  return (
    <div className={styles.hint}>
      <p>{isGone ? "Backups of this shop can be restored as long as this record of it is kept." : scheduleInWords(policy)}</p>
      {policy.isInCluster && <p>Backups are kept in the same cluster as the shop: no protection from losing the cluster.</p>}
    </div>
  );
}

function NotSetUp() {
  return <p className={styles.hint}>Backups are not set up here. Whoever runs the platform can set them up: docs/kubernetes.md says how.</p>;
}
