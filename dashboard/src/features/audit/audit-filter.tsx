import { useState } from "react";
import { useSearchParams } from "react-router";
import { Button } from "@/components/button";
import { Field } from "@/components/field";
import type { AuditFilterInput, AuditOutcome } from "@/gql/graphql";
import styles from "./audit-filter.module.css";

const OUTCOMES: AuditOutcome[] = ["ACCEPTED", "REFUSED", "FAILED"];
const ACTIONS = [
  "createStore", "deleteStore", "cancelStore", "retryStore",
  "createToken", "revokeToken", "revealAdminPassword", "SIGN_IN",
];

/** The filter that an address holds. */
export function filterOf(params: URLSearchParams): AuditFilterInput {
  const outcome = params.get("outcome")?.toUpperCase();
  return {
    actor: params.get("actor") ?? null,
    action: params.get("action") ?? null,
    outcome: OUTCOMES.find((item) => item === outcome) ?? null,
  };
}

/** Narrows the log; the choice lives in the address. */
export function AuditFilter() {
  const [params, setParams] = useSearchParams();
  const [actor, setActor] = useState(params.get("actor") ?? "");

  function choose(name: string, value: string) {
    const next = new URLSearchParams(params);
    next.delete("after");
    if (value) next.set(name, value);
    else next.delete(name);
    setParams(next, { replace: true });
  }

  return (
    <search aria-label="Audit entries">
      <form
        className={styles.filter}
        onSubmit={(event) => {
          event.preventDefault();
          choose("actor", actor.trim());
        }}
      >
        <Field label="Who">
          {(control) => <input {...control} value={actor} autoComplete="off" onChange={(event) => setActor(event.target.value)} />}
        </Field>
        <Field label="What">
          {(control) => (
            <select {...control} value={params.get("action") ?? ""} onChange={(event) => choose("action", event.target.value)}>
              <option value="">Everything</option>
              {ACTIONS.map((item) => (
                <option key={item}>{item}</option>
              ))}
            </select>
          )}
        </Field>
        <Field label="Outcome">
          {(control) => (
            <select {...control} value={params.get("outcome") ?? ""} onChange={(event) => choose("outcome", event.target.value)}>
              <option value="">Any</option>
              <option value="accepted">Accepted</option>
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
