import { useState } from "react";
import { Button } from "@/components/button";
import { TimeAgo } from "@/components/time-ago";
import type { TokenFragment } from "@/gql/graphql";
import { ownerLabel, personLabel } from "@/lib/owners";
import { useNow } from "@/lib/use-now";
import { useIncludesRole } from "@/lib/viewer";
import { RevokeDialog } from "./revoke-dialog";
import styles from "./token-row.module.css";

/** A token in the list. */
export function TokenRow({ token }: { token: TokenFragment }) {
  const [isAsked, setAsked] = useState(false);
  // Nobody can revoke a token that allows more than they may do.
  const mayRevoke = useIncludesRole(token.role);
  return (
    <li className={styles.row} data-revoked={token.revokedAt ? true : undefined}>
      <div className={styles.main}>
        <strong>{token.description ?? "Without a description"}</strong>
        <span className={styles.minor}>
          {`${ownerLabel(token)} · ${token.role.toLowerCase()}`}
        </span>
      </div>
      <div className={styles.minor}>
        <p>
          Made <TimeAgo at={token.createdAt} />
          {token.madeBy && token.madeBySource && (
            <span>{` by ${personLabel({ name: token.madeBy, source: token.madeBySource })}`}</span>
          )}
          <span>{token.lastUsedAt ? ", last used " : ", never used"}</span>
          {token.lastUsedAt && <TimeAgo at={token.lastUsedAt} />}
        </p>
        <p>
          <TokenEnd token={token} />
        </p>
      </div>
      {!token.revokedAt && mayRevoke && (
        <Button onClick={() => setAsked(true)} aria-label={`Revoke ${token.description ?? `a token of ${ownerLabel(token)}`}`}>
          Revoke
        </Button>
      )}
      {isAsked && <RevokeDialog token={token} onClose={() => setAsked(false)} />}
    </li>
  );
}

function TokenEnd({ token }: { token: TokenFragment }) {
  const { word, at } = endOf(token, useNow());
  return (
    <>
      <span>{at ? `${word} ` : word}</span>
      {at && <TimeAgo at={at} />}
    </>
  );
}

/** What became or becomes of a token, and when. */
function endOf({ revokedAt, expiresAt }: TokenFragment, now: number): { word: string; at?: string } {
  if (revokedAt) return { word: "Revoked", at: revokedAt };
  if (!expiresAt) return { word: "Does not expire" };
  return { word: Date.parse(expiresAt) <= now ? "Expired" : "Expires", at: expiresAt };
}
