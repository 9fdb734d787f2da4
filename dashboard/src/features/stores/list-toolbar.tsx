import { useCallback } from "react";
import { useQuery } from "urql";
import { statusWord } from "@/components/status-badge";
import type { StoreStatus } from "@/gql/graphql";
import { useIsAdmin } from "@/lib/viewer";
import { type ListChoices, ORDERS, type OrderName, STATUSES } from "./list-choices";
import { ENGINES } from "./operations";
import { SearchBox } from "./search-box";
import { useStoreCounts } from "./use-store-counts";
import styles from "./list-toolbar.module.css";

interface ListToolbarProps {
  choices: ListChoices;
  onChange: (changed: Partial<ListChoices>) => void;
}

/** Search, filters and order of the list. */
export function ListToolbar({ choices, onChange }: ListToolbarProps) {
  const [{ data }] = useQuery({ query: ENGINES, variables: {} });

  const counts = useStoreCounts();
  const isAdmin = useIsAdmin();
  const searchName = useCallback((search: string) => onChange({ search }), [onChange]);
  const searchOwner = useCallback((owner: string) => onChange({ owner }), [onChange]);

  function toggle(status: StoreStatus) {
    const others = choices.statuses.filter((item) => item !== status);
    onChange({ statuses: others.length < choices.statuses.length ? others : [...others, status] });
  }

  return (
    <search className={styles.toolbar} aria-label="Stores">
      <SearchBox label="Search by name" value={choices.search} onChange={searchName} />
      {/* Others see no stores but their own. */}
      {isAdmin && <SearchBox label="Search by owner" value={choices.owner} onChange={searchOwner} />}
      <select aria-label="Shop software" className={styles.select} value={choices.engine} onChange={(event) => onChange({ engine: event.target.value })}>
        <option value="">All shop software</option>
        {data?.engines.map(({ name, displayName }) => (
          <option key={name} value={name}>
            {displayName}
          </option>
        ))}
      </select>
      <select aria-label="Order" className={styles.select} value={choices.order} onChange={(event) => onChange({ order: event.target.value as OrderName })}>
        {Object.entries(ORDERS).map(([name, { label }]) => (
          <option key={name} value={name}>
            {label}
          </option>
        ))}
      </select>
      <fieldset className={styles.statuses}>
        <legend className="visually-hidden">Status</legend>
        {STATUSES.map((status) => (
          <button key={status} type="button" className={styles.chip} aria-pressed={choices.statuses.includes(status)} onClick={() => toggle(status)}>
            <span>{statusWord(status)}</span>
            {counts && <span className={styles.count}>{(counts.get(status) ?? 0).toLocaleString("en")}</span>}
          </button>
        ))}
      </fieldset>
    </search>
  );
}
