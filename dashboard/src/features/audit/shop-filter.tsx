import { X } from "lucide-react";
import { Button } from "@/components/button";
import { Field } from "@/components/field";
import styles from "./shop-filter.module.css";
import { useShopName } from "./use-shop-name";

interface ShopFilterProps {
  /** The shop that is chosen, by its id. */
  storeId: string | null;
  typed: string;
  problem: string | undefined;
  onType: (name: string) => void;
  onClear: () => void;
}

/** Narrows the log to one shop, by its name; one that is chosen can be taken back. */
export function ShopFilter({ storeId, typed, problem, onType, onClear }: ShopFilterProps) {
  const name = useShopName(storeId);
  if (storeId) {
    return (
      <div className={styles.chosen}>
        <p>
          Only the shop <strong>{name ?? storeId}</strong>
        </p>
        <Button look="quiet" onClick={onClear}>
          <X size={16} aria-hidden /> Show all shops
        </Button>
      </div>
    );
  }
  return (
    <Field label="Shop" error={problem}>
      {(control) => (
        <input {...control} value={typed} autoComplete="off" autoCapitalize="none" spellCheck={false} onChange={(event) => onType(event.target.value)} />
      )}
    </Field>
  );
}
