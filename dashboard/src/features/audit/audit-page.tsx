import { RotateCw, ScrollText } from "lucide-react";
import { useSearchParams } from "react-router";
import { Button } from "@/components/button";
import { Empty } from "@/components/empty";
import { Loaded } from "@/components/loaded";
import { Page } from "@/components/page";
import { Pager } from "@/components/pager";
import { RowList } from "@/components/row-list";
import { Skeleton } from "@/components/skeleton";
import { useLiveQuery } from "@/lib/graphql/use-live-query";
import { AuditFilter, filterOf } from "./audit-filter";
import { AuditRow } from "./audit-row";
import { AUDIT_LOG } from "./operations";

const PAGE_SIZE = 50;

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
      below="Who did what, and when"
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
