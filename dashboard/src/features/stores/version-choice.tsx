import styles from "./engine-choice.module.css";
import type { Version } from "./upgrade-words";

interface VersionChoiceProps {
  versions: Version[];
  value: string;
  onChange: (name: string) => void;
}

/** Versions of a shop software, with what is new in each. */
export function VersionChoice({ versions, value, onChange }: VersionChoiceProps) {
  return (
    <fieldset className={styles.engines}>
      <legend className="visually-hidden">Version</legend>
      {versions.map(({ name, isDefault, whatIsNew }) => (
        <label key={name} className={styles.engine}>
          <input type="radio" name="version" value={name} checked={value === name} onChange={() => onChange(name)} />
          <span className={styles.text}>
            <strong>{isDefault ? `${name} (recommended)` : name}</strong>
            {whatIsNew && <span>{whatIsNew}</span>}
          </span>
        </label>
      ))}
    </fieldset>
  );
}
