import { KeyRound, Plus } from "lucide-react";
import { useState } from "react";
import { useSearchParams } from "react-router";
import { Button } from "@/components/button";
import { Empty } from "@/components/empty";
import { Loaded } from "@/components/loaded";
import { LookOnly } from "@/components/look-only";
import { Page } from "@/components/page";
import { Pager } from "@/components/pager";
import { RowList } from "@/components/row-list";
import { Skeleton } from "@/components/skeleton";
import { useLiveQuery } from "@/lib/graphql/use-live-query";
import { useCanChange, useViewer } from "@/lib/viewer";
import { NewTokenDialog } from "./new-token-dialog";
import { TOKENS } from "./operations";
import { TokenRow } from "./token-row";
import styles from "./tokens-page.module.css";

const PAGE_SIZE = 50;

/** The access tokens that the person may see, and the making of new ones. */
export function TokensPage() {
  const [params, setParams] = useSearchParams();
  const [isMaking, setMaking] = useState(false);
  const role = useViewer().data?.viewer.role;
  const canChange = useCanChange();
  const includeRevoked = params.has("revoked");
  const after = params.get("after");
  const query = useLiveQuery({ query: TOKENS, variables: { first: PAGE_SIZE, after, includeRevoked } });

  return (
    <Page
      title="Tokens"
      below={role === "ADMIN" ? "What people and programs sign in with" : "What you and your programs sign in with"}
      actions={
        canChange && (
          <Button look="primary" onClick={() => setMaking(true)}>
            <Plus size={16} aria-hidden /> New token
          </Button>
        )
      }
    >
      {role === "VIEWER" && (
        <LookOnly>
          To make a token, or to revoke one that allows more than looking, ask an admin for the role operator.
        </LookOnly>
      )}
      <label className={styles.choice}>
        <input
          type="checkbox"
          checked={includeRevoked}
          onChange={() => setParams(includeRevoked ? {} : { revoked: "" }, { replace: true })}
        />
        Show revoked tokens too
      </label>
      <Loaded query={query} skeleton={<Skeleton rows={4} height="4.25rem" />}>
        {({ tokens }) =>
          tokens.edges.length === 0 ? (
            <Empty icon={KeyRound} title="No token is in use">
              Make one for each program that creates stores, so that each can be revoked by itself.
            </Empty>
          ) : (
            <>
              <RowList label="Tokens">
                {tokens.edges.map(({ node }) => (
                  <TokenRow key={node.id} token={node} />
                ))}
              </RowList>
              <Pager after={after} pageInfo={tokens.pageInfo} />
            </>
          )
        }
      </Loaded>
      {isMaking && <NewTokenDialog onClose={() => setMaking(false)} />}
    </Page>
  );
}
