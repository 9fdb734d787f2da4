import { useState } from "react";
import { Button } from "@/components/button";
import { TimeAgo } from "@/components/time-ago";
import type { TokenFragment } from "@/gql/graphql";
import { RevokeDialog } from "./revoke-dialog";
import styles from "./token-row.module.css";

/** A token in the list. */
export function TokenRow({ token }: { token: TokenFragment }) {
  const [isAsked, setAsked] = useState(false);
  return (
    <li className={styles.row} data-revoked={token.revokedAt ? true : undefined}>
      <div className={styles.main}>
        <strong>{token.description || "Without a description"}</strong>
        <span className={styles.minor}>
          {token.owner} · {token.role.toLowerCase()}
        </span>
      </div>
      <div className={styles.minor}>
        <p>
          Made <TimeAgo at={token.createdAt} />
          {token.lastUsedAt ? (
            <>
              , last used <TimeAgo at={token.lastUsedAt} />
            </>
          ) : (
            ", never used"
          )}
        </p>
        <p>
          <TokenEnd token={token} />
        </p>
      </div>
      {!token.revokedAt && (
        <Button onClick={() => setAsked(true)} aria-label={`Revoke ${token.description || `a token of ${token.owner}`}`}>
          Revoke
        </Button>
      )}
      {isAsked && <RevokeDialog token={token} onClose={() => setAsked(false)} />}
    </li>
  );
}

function TokenEnd({ token: { revokedAt, expiresAt } }: { token: TokenFragment }) {
  if (revokedAt) {
    return (
      <>
        Revoked <TimeAgo at={revokedAt} />
      </>
    );
  }
  if (!expiresAt) return "Does not expire";
  return (
    <>
      Expires <TimeAgo at={expiresAt} />
    </>
  );
}
