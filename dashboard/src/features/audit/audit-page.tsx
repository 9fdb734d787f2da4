import { RotateCw, ScrollText } from "lucide-react";
import { Link, useSearchParams } from "react-router";
import { Button } from "@/components/button";
import { Empty } from "@/components/empty";
import { Loaded } from "@/components/loaded";
import { Page } from "@/components/page";
import { Pager } from "@/components/pager";
import { RowList } from "@/components/row-list";
import { Skeleton } from "@/components/skeleton";
import { TimeAgo } from "@/components/time-ago";
import type { AuditLogQuery } from "@/gql/graphql";
import { useLiveQuery } from "@/lib/graphql/use-live-query";
import { personLabel } from "@/lib/owners";
import { AuditFilter, filterOf } from "./audit-filter";
import styles from "./audit-page.module.css";
import { AUDIT_LOG } from "./operations";

const PAGE_SIZE = 50;
const OUTCOMES = { ACCEPTED: "Accepted", REFUSED: "Refused", FAILED: "Failed" };

/** Who asked for which change, and what became of it; for admins. */
export function AuditPage() {
  const [params] = useSearchParams();
  const after = params.get("after");
  const query = useLiveQuery({
    query: AUDIT_LOG,
    variables: { first: PAGE_SIZE, after, filter: filterOf(params) },
  });

  return (
    <Page
      title="Audit"
      below="Who asked for what, and what became of it"
      actions={
        <Button onClick={query.retry}>
          <RotateCw size={16} aria-hidden /> Look again
        </Button>
      }
    >
      <AuditFilter />
      <Loaded query={query} skeleton={<Skeleton rows={6} height="3.5rem" />}>
        {({ auditLog }) =>
          auditLog.edges.length === 0 ? (
            <Empty icon={ScrollText} title="Nothing is recorded">
              Every change that somebody asks for is recorded here, and every sign-in that failed.
            </Empty>
          ) : (
            <>
              <RowList label="Audit entries, newest first">
                {auditLog.edges.map(({ node }) => (
                  <AuditRow key={node.id} entry={node} />
                ))}
              </RowList>
              <Pager after={after} pageInfo={auditLog.pageInfo} />
            </>
          )
        }
      </Loaded>
    </Page>
  );
}

type Entry = AuditLogQuery["auditLog"]["edges"][number]["node"];

function AuditRow({ entry }: { entry: Entry }) {
  return (
    <li className={styles.row}>
      <div className={styles.what}>
        <strong>{entry.action}</strong>
        <code className={styles.arguments}>{JSON.stringify(entry.arguments)}</code>
      </div>
      <div className={styles.minor}>
        <p>
          {actorOf(entry)}
          {entry.role && ` (${entry.role.toLowerCase()})`}
        </p>
        <p>{entry.clientAddress}</p>
        <TokenUsed entry={entry} />
      </div>
      <div className={styles.minor}>
        <p>
          <TimeAgo at={entry.occurredAt} />
        </p>
        {entry.storeId && <Link to={`/stores/${entry.storeId}`}>The store</Link>}
      </div>
      <p className={styles.outcome} data-outcome={entry.outcome}>
        {OUTCOMES[entry.outcome]}
        {entry.code && <span> {entry.code}</span>}
      </p>
    </li>
  );
}

function actorOf({ actor, actorName, actorSource }: Entry): string {
  if (!actor) return "unknown";
  return personLabel({ name: actorName ?? actor, source: actorSource ?? "local" });
}

/** Which token was used; and who made it, where that is somebody else. */
function TokenUsed({ entry }: { entry: Entry }) {
  const { tokenId, tokenMadeBy, tokenMadeBySource } = entry;
  if (!tokenId) return null;
  const isOwn = tokenMadeBy === entry.actor && tokenMadeBySource === entry.actorSource;
  const maker = tokenMadeBy && tokenMadeBySource && personLabel({ name: tokenMadeBy, source: tokenMadeBySource });
  return (
    <p>
      with {tokenId}
      {maker && !isOwn && `, made by ${maker}`}
    </p>
  );
}
