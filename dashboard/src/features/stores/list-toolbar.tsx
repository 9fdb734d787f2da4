import { Search } from "lucide-react";
import { useEffect, useState } from "react";
import { useQuery } from "urql";
import { statusWord } from "@/components/status-badge";
import type { StoreStatus } from "@/gql/graphql";
import { type ListChoices, ORDERS, type OrderName, STATUSES } from "./list-choices";
import { ENGINES } from "./operations";
import { useStoreCounts } from "./use-store-counts";
import styles from "./list-toolbar.module.css";

const TYPING_PAUSE = 200;

interface ListToolbarProps {
  choices: ListChoices;
  onChange: (changed: Partial<ListChoices>) => void;
}

/** Search, filters and order of the list. */
export function ListToolbar({ choices, onChange }: ListToolbarProps) {
  const [{ data }] = useQuery({ query: ENGINES, variables: {} });

  const counts = useStoreCounts();

  function toggle(status: StoreStatus) {
    const others = choices.statuses.filter((item) => item !== status);
    onChange({ statuses: others.length < choices.statuses.length ? others : [...others, status] });
  }

  return (
    <search className={styles.toolbar} aria-label="Stores">
      <SearchBox value={choices.search} onChange={onChange} />
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

/** Tells what was typed once the typing pauses. */
function SearchBox({ value, onChange }: { value: string; onChange: ListToolbarProps["onChange"] }) {
  const [typed, setTyped] = useState(value);
  const [known, setKnown] = useState(value);

  if (known !== value) {
    setKnown(value);
    setTyped(value);
  }

  useEffect(() => {
    if (typed === value) return;
    const timer = setTimeout(() => onChange({ search: typed }), TYPING_PAUSE);
    return () => clearTimeout(timer);
  }, [typed, value, onChange]);

  return (
    <label className={styles.search}>
      <span className="visually-hidden">Search by name</span>
      <Search size={16} aria-hidden />
      <input type="search" placeholder="Search by name" value={typed} onChange={(event) => setTyped(event.target.value.trim().toLowerCase())} />
    </label>
  );
}
