import { ExternalLink, Settings } from "lucide-react";
import { memo } from "react";
import { Link } from "react-router";
import { OutsideLink } from "@/components/button";
import { StatusBadge } from "@/components/status-badge";
import { TimeAgo } from "@/components/time-ago";
import type { StoreSummaryFragment } from "@/gql/graphql";
import { ownerLabel } from "@/lib/owners";
import { CopyLabel } from "./copy-label";
import { canBeOpened, hostOf, isBeingClosed, queueDetail, workOf } from "./store-facts";
import { problemOf } from "./reason-words";
import styles from "./store-row.module.css";

interface StoreRowProps {
  store: StoreSummaryFragment;
  /** Whether a ready shop's address was seen to answer. */
  isAddressChecked: boolean;
  /** The shop software's name and version. */
  software: string;
}

/** A store in the list. */
export const StoreRow = memo(function StoreRow({ store, isAddressChecked, software }: StoreRowProps) {
  return (
    <li className={styles.row}>
      <div className={styles.identity}>
        <div className={styles.naming}>
          <Link to={`/stores/${store.id}`} className={styles.name}>
            {store.title}
          </Link>
          {store.isCopy && <CopyLabel />}
        </div>
        <span className={styles.minor}>{hostOf(store.url)}</span>
      </div>
      <div className={styles.status}>
        <StatusBadge status={store.status} detail={queueDetail(store)} work={workOf(store)} />
        {store.reason && (
          <span className={styles.reason}>{problemOf(store.reason.code)}</span>
        )}
      </div>
      <div className={styles.facts}>
        <span>{software}</span>
        <span>
          <span>{`${ownerLabel(store)} · `}</span>
          <TimeAgo at={store.createdAt} />
        </span>
      </div>
      <div className={styles.links}>
        {isAddressChecked && canBeOpened(store) && !isBeingClosed(store) && (
          <>
            <OutsideLink look="quiet" href={store.url} aria-label={`Open shop ${store.title}`} title="Open shop">
              <ExternalLink size={17} aria-hidden />
            </OutsideLink>
            {store.adminUrl && (
              <OutsideLink look="quiet" href={store.adminUrl} aria-label={`Open admin of ${store.title}`} title="Open admin">
                <Settings size={17} aria-hidden />
              </OutsideLink>
            )}
          </>
        )}
      </div>
    </li>
  );
});
