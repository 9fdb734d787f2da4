import { Loaded } from "@/components/loaded";
import { Panel } from "@/components/panel";
import { Skeleton } from "@/components/skeleton";
import type { Role, StoreBackupsQuery, StoreDetailsFragment, StoreStatus } from "@/gql/graphql";
import type { LiveQuery } from "@/lib/graphql/use-live-query";
import { BackupActions } from "./backup-actions";
import { BackupNow } from "./backup-now";
import { type Backup, type BackupPolicy, backupsIn, backupsInWords, retentionInWords, scheduleInWords, timeLeftInWords } from "./backup-words";
import styles from "./backups-panel.module.css";
import { EventList } from "./event-list";
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
  return (
    <Panel title="Backups">
      <Loaded query={query} skeleton={<Skeleton rows={2} height="2rem" />} isPart>
        {(data) => {
          const backups = backupsIn(data);
          const policy = data.platform.backups;
          return (
            <div className={styles.parts}>
              {policy ? <Policy policy={policy} backups={backups} status={store.status} /> : <NotSetUp />}
              {policy && <BackupNow store={store} role={role} />}
              {backups.length > 0 && (
                <EventList
                  label="Backups"
                  happenings={backupsInWords(backups, softwareOf)}
                  actionOf={policy ? ({ version }) => <BackupActions store={store} backup={backups.find(({ number }) => number === version)} newest={backups[0]} policy={policy} /> : undefined}
                />
              )}
              {policy && backups.length === 0 && <p className={styles.hint}>{store.status === "DELETED" ? "No backup of this shop was made." : "No backup was made yet."}</p>}
            </div>
          );
        }}
      </Loaded>
    </Panel>
  );
}

function Policy({ policy, backups, status }: { policy: BackupPolicy; backups: Backup[]; status: StoreStatus }) {
  const isGone = status === "DELETED";
  const schedule = status === "SUSPENDED" ? "No backups are made while the shop is paused." : scheduleInWords(policy);
  return (
    <div className={styles.hint}>
      <p>{isGone ? timeLeftInWords(backups) : schedule}</p>
      {!isGone && <p>{retentionInWords(policy)}</p>}
      {policy.isInCluster && <p>Backups are kept in the same cluster as the shop: no protection from losing the cluster.</p>}
    </div>
  );
}

function NotSetUp() {
  return <p className={styles.hint}>Backups are not set up here. Whoever runs the platform can set them up: docs/kubernetes.md says how.</p>;
}
