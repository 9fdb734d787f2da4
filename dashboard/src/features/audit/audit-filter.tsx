import { useState } from "react";
import { useSearchParams } from "react-router";
import { useClient } from "urql";
import { Button } from "@/components/button";
import { Field } from "@/components/field";
import type { AuditFilterInput, AuditOutcome } from "@/gql/graphql";
import { messageOf } from "@/lib/graphql/client";
import styles from "./audit-filter.module.css";
import { ACTION_LABELS } from "./audit-words";
import { SHOP_ID } from "./operations";
import { ShopFilter } from "./shop-filter";

const OUTCOMES: AuditOutcome[] = ["ACCEPTED", "REFUSED", "FAILED"];

/** The filter that an address holds. */
export function filterOf(params: URLSearchParams): AuditFilterInput {
  const outcome = params.get("outcome")?.toUpperCase();
  return {
    actor: params.get("actor") ?? null,
    action: params.get("action") ?? null,
    outcome: OUTCOMES.find((item) => item === outcome) ?? null,
    storeId: params.get("store") ?? null,
  };
}

/** Narrows the log; the choice lives in the address. */
export function AuditFilter() {
  const client = useClient();
  const [params, setParams] = useSearchParams();
  const [actor, setActor] = useState(params.get("actor") ?? "");
  const [shop, setShop] = useState("");
  const [problem, setProblem] = useState<string>();

  function choose(choices: Record<string, string>) {
    const next = new URLSearchParams(params);
    next.delete("after");
    for (const [name, value] of Object.entries(choices)) {
      if (value) next.set(name, value);
      else next.delete(name);
    }
    setParams(next, { replace: true });
  }

  async function search() {
    const name = shop.trim();
    if (!name) {
      choose({ actor: actor.trim() });
      return;
    }
    const { data, error } = await client.query(SHOP_ID, { name });
    if (data?.storeByName) {
      choose({ actor: actor.trim(), store: data.storeByName.id });
      setShop("");
    } else {
      setProblem(error ? messageOf(error) : "There is no shop of this name now. For one that was deleted, use the link in one of its entries.");
    }
  }

  return (
    <search aria-label="Audit entries">
      <form
        className={styles.filter}
        onSubmit={(event) => {
          event.preventDefault();
          void search();
        }}
      >
        <Field label="Who">
          {(control) => <input {...control} value={actor} autoComplete="off" onChange={(event) => setActor(event.target.value)} />}
        </Field>
        <ShopFilter
          storeId={params.get("store")}
          typed={shop}
          problem={problem}
          onType={(name) => {
            setShop(name);
            setProblem(undefined);
          }}
          onClear={() => choose({ store: "" })}
        />
        <Field label="What">
          {(control) => (
            <select {...control} value={params.get("action") ?? ""} onChange={(event) => choose({ action: event.target.value })}>
              <option value="">Everything</option>
              {ACTION_LABELS.map(({ action, label }) => (
                <option key={action} value={action}>
                  {label}
                </option>
              ))}
            </select>
          )}
        </Field>
        <Field label="Outcome">
          {(control) => (
            <select {...control} value={params.get("outcome") ?? ""} onChange={(event) => choose({ outcome: event.target.value })}>
              <option value="">Any</option>
              <option value="accepted">Done</option>
              <option value="refused">Refused</option>
              <option value="failed">Failed</option>
            </select>
          )}
        </Field>
        <Button type="submit">Search</Button>
      </form>
    </search>
  );
}
