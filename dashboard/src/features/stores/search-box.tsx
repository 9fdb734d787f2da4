import { Search } from "lucide-react";
import { useEffect, useState } from "react";
import styles from "./list-toolbar.module.css";

const TYPING_PAUSE = 200;

interface SearchBoxProps {
  label: string;
  value: string;
  onChange: (text: string) => void;
}

/** Tells what was typed once the typing pauses. */
export function SearchBox({ label, value, onChange }: SearchBoxProps) {
  const [typed, setTyped] = useState(value);
  const [known, setKnown] = useState(value);

  if (known !== value) {
    setKnown(value);
    setTyped(value);
  }

  useEffect(() => {
    if (typed === value) return;
    const timer = setTimeout(() => onChange(typed), TYPING_PAUSE);
    return () => clearTimeout(timer);
  }, [typed, value, onChange]);

  return (
    <label className={styles.search}>
      <span className="visually-hidden">{label}</span>
      <Search size={16} aria-hidden />
      <input type="search" placeholder={label} value={typed} onChange={(event) => setTyped(event.target.value.trim().toLowerCase())} />
    </label>
  );
}
