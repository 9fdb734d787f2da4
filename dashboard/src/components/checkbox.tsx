import { CircleAlert } from "lucide-react";
import { type Ref, useId } from "react";
import styles from "./checkbox.module.css";

interface CheckboxProps {
  label: string;
  hint: string;
  error?: string | undefined;
  isChecked: boolean;
  onChange: (isChecked: boolean) => void;
  ref?: Ref<HTMLInputElement>;
}

/** A choice of yes or no with what it means; below it, what is wrong with it. */
export function Checkbox({ label, hint, error, isChecked, onChange, ref }: CheckboxProps) {
  const id = useId();
  return (
    <div className={styles.choice}>
      <input
        id={id}
        ref={ref}
        type="checkbox"
        checked={isChecked}
        aria-describedby={error ? `${id}-error ${id}-hint` : `${id}-hint`}
        aria-invalid={error ? true : undefined}
        onChange={(event) => onChange(event.target.checked)}
      />
      <label htmlFor={id}>{label}</label>
      <p id={`${id}-hint`} className={styles.hint}>
        {hint}
      </p>
      {error && (
        <p id={`${id}-error`} className={styles.error} role="alert">
          <CircleAlert size={15} aria-hidden /> <span>{error}</span>
        </p>
      )}
    </div>
  );
}
