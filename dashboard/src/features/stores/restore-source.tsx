import { Panel } from "@/components/panel";
import type { RestorableQuery } from "@/gql/graphql";
import { ownerLabel } from "@/lib/owners";
import { useNow } from "@/lib/use-now";
import { useViewer } from "@/lib/viewer";
import { type Backup, originInWords } from "./backup-words";
import styles from "./restore-source.module.css";
import { useSoftwareLabel } from "./use-software-label";

/** What a new shop is made from. */
export interface RestoreSource {
  store: NonNullable<RestorableQuery["store"]>;
  backup: Backup;
}

export function sourceIn({ store }: RestorableQuery, number: number): RestoreSource | undefined {
  const backup = store?.backups.edges.find(({ node }) => node.number === number)?.node;
  return store && backup ? { store, backup } : undefined;
}

/** Whether the new shop will belong to whoever asks for it; until it is known, yes. */
export function useIsOwn(source: RestoreSource | undefined): boolean {
  const viewer = useViewer().data?.viewer;
  return !source || !viewer || (source.store.owner === viewer.name && source.store.ownerSource === viewer.source);
}

/** Which backup the new shop is made from, and what becomes of the other shop. */
export function RestoreSourcePanel({ source }: { source: RestoreSource }) {
  const { store, backup } = source;
  const now = useNow();
  const softwareOf = useSoftwareLabel();
  const isOwn = useIsOwn(source);
  const leftAlone = store.status === "DELETED" ? "" : `${store.name} is left as it is. `;
  return (
    <Panel title="What is in it">
      <div className={styles.words}>
        <p>{originInWords(store.name, backup, now)}</p>
        <p className={styles.hint}>
          {`${leftAlone}Accounts keep the passwords of then. The shop software is that of the backup, ${softwareOf(backup)}.`}
        </p>
        {!isOwn && <p className={styles.hint}>{`The new shop belongs to ${ownerLabel(store)}, the owner of ${store.name}.`}</p>}
      </div>
    </Panel>
  );
}
