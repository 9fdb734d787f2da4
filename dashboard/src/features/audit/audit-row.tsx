import { CircleCheck, CircleSlash, type LucideIcon, OctagonX } from "lucide-react";
import { Link } from "react-router";
import { DateTime } from "@/components/date-time";
import { Fact, FactList } from "@/components/facts";
import { Fold } from "@/components/fold";
import type { AuditOutcome } from "@/gql/graphql";
import { personLabel } from "@/lib/owners";
import { titleOf } from "@/lib/words";
import styles from "./audit-row.module.css";
import { actorOf, deedOf, type Entry, nameIn } from "./audit-words";
import { useShopName } from "./use-shop-name";

const OUTCOMES: Record<string, { word: string; icon: LucideIcon }> = {
  ACCEPTED: { word: "Done", icon: CircleCheck },
  REFUSED: { word: "Refused", icon: CircleSlash },
  FAILED: { word: "Failed", icon: OctagonX },
} satisfies Record<AuditOutcome, { word: string; icon: LucideIcon }>;

/** Who did what and when, in a sentence; how the platform recorded it is folded below. */
export function AuditRow({ entry }: { entry: Entry }) {
  const { word, icon: Icon } = OUTCOMES[entry.outcome] ?? { word: titleOf(entry.outcome), icon: CircleSlash };
  return (
    <li className={styles.row}>
      <p className={styles.sentence}>
        <strong>{actorOf(entry)}</strong> <span>{`${deedOf(entry)} `}</span>
        <ShopLink entry={entry} />
      </p>
      <p className={styles.when}>
        <DateTime at={entry.occurredAt} />
      </p>
      <p className={styles.outcome} data-outcome={entry.outcome}>
        <Icon size={14} aria-hidden />
        <span>{entry.code ? `${word}: ${titleOf(entry.code).toLowerCase()}` : word}</span>
      </p>
      <div className={styles.details}>
        <Fold summary="Technical details">
          <TechnicalEntry entry={entry} />
        </Fold>
      </div>
    </li>
  );
}

function ShopLink({ entry }: { entry: Entry }) {
  const asked = nameIn(entry);
  const found = useShopName(asked === undefined ? entry.storeId : null);
  const name = asked ?? found;
  if (!entry.storeId) return name && <span>{name}</span>;
  return <Link to={`/stores/${entry.storeId}`}>{name ?? "(show it)"}</Link>;
}

function TechnicalEntry({ entry }: { entry: Entry }) {
  return (
    <>
      <FactList>
        <Fact name="Action">
          <code translate="no">{entry.action}</code>
        </Fact>
        <Fact name="Arguments">
          <code translate="no">{JSON.stringify(entry.arguments)}</code>
        </Fact>
        {entry.code && (
          <Fact name="Code">
            <code translate="no">{entry.code}</code>
          </Fact>
        )}
        {entry.role && <Fact name="Role">{entry.role.toLowerCase()}</Fact>}
        <Fact name="From">{entry.clientAddress}</Fact>
        {entry.tokenId && <Fact name="Token">{tokenOf(entry)}</Fact>}
      </FactList>
      {entry.storeId && (
        <p className={styles.more}>
          <Link to={`?store=${entry.storeId}`}>All entries about this shop</Link>
        </p>
      )}
    </>
  );
}

/** Which token was used; and who made it, where that is somebody else. */
function tokenOf({ actor, actorSource, tokenId, tokenMadeBy, tokenMadeBySource }: Entry): string {
  const isOwn = tokenMadeBy === actor && tokenMadeBySource === actorSource;
  if (!tokenMadeBy || !tokenMadeBySource || isOwn) return tokenId ?? "";
  return `${tokenId ?? ""}, made by ${personLabel({ name: tokenMadeBy, source: tokenMadeBySource })}`;
}
