import { Refusal } from "@/components/refusal";
import type { EnginesQuery } from "@/gql/graphql";
import styles from "./engine-choice.module.css";
import { needsInWords } from "./plan-words";

interface PlanChoiceProps {
  plans: EnginesQuery["engines"][number]["plans"];
  value: string;
  onChange: (name: string) => void;
  /** What the server refused of the choice. */
  refusal?: string;
}

/** The plans of a shop software, with what each means for a shop and costs. */
export function PlanChoice({ plans, value, onChange, refusal }: PlanChoiceProps) {
  return (
    <>
      <fieldset className={styles.engines}>
        <legend className="visually-hidden">Plan</legend>
        {plans.map(({ name, description, price, resources }) => (
          <label key={name} className={styles.engine}>
            <input type="radio" name="plan" value={name} checked={value === name} onChange={() => onChange(name)} />
            <span className={styles.text}>
              <strong>{price ? `${name} · ${price}` : name}</strong>
              {description && <span>{description}</span>}
              {resources && <span className={styles.resources}>{needsInWords(resources)}</span>}
            </span>
          </label>
        ))}
      </fieldset>
      <Refusal title="Choose another plan" message={refusal} />
    </>
  );
}
