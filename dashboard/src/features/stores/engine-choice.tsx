import type { EnginesQuery } from "@/gql/graphql";
import styles from "./engine-choice.module.css";
import { needsInWords } from "./plan-words";

interface EngineChoiceProps {
  engines: EnginesQuery["engines"];
  value: string;
  onChange: (name: string) => void;
}

/** The kinds of shop software, with what each is and needs (or else its plans say so), or why it cannot be chosen. */
export function EngineChoice({ engines, value, onChange }: EngineChoiceProps) {
  return (
    <fieldset className={styles.engines}>
      <legend className="visually-hidden">Shop software</legend>
      {engines.map(({ name, displayName, description, resources, plans, unavailableReason }) => (
        <label key={name} className={styles.engine}>
          <input
            type="radio"
            name="engine"
            value={name}
            checked={value === name}
            disabled={unavailableReason !== null}
            onChange={() => onChange(name)}
          />
          <span className={styles.text}>
            <strong>{displayName}</strong>
            <span>{description}</span>
            {unavailableReason ? (
              <span>Not available here: {unavailableReason}</span>
            ) : (
              plans.length === 0 && <span className={styles.resources}>{needsInWords(resources)}</span>
            )}
          </span>
        </label>
      ))}
    </fieldset>
  );
}
