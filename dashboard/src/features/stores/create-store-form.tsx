import { type SubmitEvent, useRef, useState } from "react";
import { useNavigate } from "react-router";
import { useMutation } from "urql";
import { Button, ButtonLink } from "@/components/button";
import { Field } from "@/components/field";
import { Notice } from "@/components/notice";
import { Panel } from "@/components/panel";
import { Refusal } from "@/components/refusal";
import type { EnginesQuery, ViewerQuery } from "@/gql/graphql";
import { messageOf } from "@/lib/graphql/client";
import { quotaInWords } from "@/lib/quota";
import { useViewer } from "@/lib/viewer";
import { CopyChoice } from "./copy-choice";
import { EngineChoice } from "./engine-choice";
import { addressOf, problemOfName } from "./name-rules";
import { CREATE_STORE } from "./operations";
import { PlanChoice } from "./plan-choice";
import { defaultPlan } from "./plan-words";
import { type RestoreSource, RestoreSourcePanel, useIsOwn } from "./restore-source";
import styles from "./create-store-form.module.css";

/** The API tells programs where to look for others; people go back. */
const BACKUP_GONE = "This backup is not there any more. Go back to the shop, and choose another one.";

type Engine = EnginesQuery["engines"][number];

interface CreateStoreFormProps {
  engines: Engine[];
  shopUrl: string;
  /** The backup that the store is made from, with the software of the backup; none for an empty shop. */
  source?: RestoreSource;
}

/** The form; what the server refuses stands at the field it is about. */
export function CreateStoreForm({ engines, shopUrl, source }: CreateStoreFormProps) {
  const navigate = useNavigate();
  const [{ data, error, fetching }, createStore] = useMutation(CREATE_STORE);
  const [name, setName] = useState("");
  const [refusedName, setRefusedName] = useState<string>();
  const [email, setEmail] = useState("");
  const [isCopy, setCopy] = useState(false);
  const [isNameLeft, setNameLeft] = useState(false);
  const [engineName, setEngineName] = useState(() => engines.find((item) => item.unavailableReason === null)?.name ?? "");
  const [version, setVersion] = useState("");
  const [plan, setPlan] = useState("");
  const viewer = useViewer().data;
  // Somebody else's shop counts for its owner, and how many they may have is not known here.
  const known = useIsOwn(source) ? viewer : undefined;
  const nameInput = useRef<HTMLInputElement>(null);
  const copyInput = useRef<HTMLInputElement>(null);
  // One key per visit: sending the form twice, by impatience or a lost answer, makes one store.
  const [idempotencyKey, setIdempotencyKey] = useState(newKey);

  const engine = engines.find((item) => item.name === (source?.backup.engine ?? engineName));
  const plans = engine?.plans ?? [];
  const problem = problemOfName(name);
  const refusals = data?.createStore.errors ?? [];
  const nameRefusal = refusedName === name ? refusals.find((item) => item.field === "name")?.message : undefined;
  const fields = ["name", "contactEmail", source ? "asCopy" : "version", ...(plans.length > 0 ? ["plan"] : [])];
  const otherRefusals = refusals.filter((item) => !fields.includes(item.field ?? ""));
  const isProblemShown = isNameLeft || /[^a-z0-9-]/.test(name);

  async function submit(event: SubmitEvent) {
    event.preventDefault();
    setNameLeft(true);
    if (problem) {
      nameInput.current?.focus();
      return;
    }
    const software = source ? { fromBackup: source.backup.id, asCopy: isCopy || null } : { engine: engineName, version: version || null };
    const contactEmail = isCopy ? null : email.trim() || null;
    const result = await createStore({ input: { name, ...software, plan: plan || null, contactEmail, idempotencyKey } });
    const store = result.data?.createStore.store;
    if (store) await navigate(`/stores/${store.id}`);
    else if (result.data) {
      setRefusedName(name);
      setIdempotencyKey(newKey());
      const refusedFields = result.data.createStore.errors.map((item) => item.field);
      if (refusedFields.includes("name")) nameInput.current?.focus();
      else if (refusedFields.includes("asCopy")) copyInput.current?.focus();
    }
  }

  return (
    <form className={styles.form} onSubmit={submit} noValidate>
      {source && <RestoreSourcePanel source={source} />}
      {source && <CopyChoice isCopy={isCopy} onChange={setCopy} refusals={refusals} ref={copyInput} />}
      <Panel title="Name and address">
        <Field
          label="Name"
          hint="3 to 40 lower-case letters, digits and hyphens."
          error={nameRefusal ?? (isProblemShown && name ? problem : isNameLeft ? problem : undefined)}
        >
          {(control) => (
            <input
              {...control}
              ref={nameInput}
              name="name"
              value={name}
              autoComplete="off"
              autoCapitalize="none"
              spellCheck={false}
              placeholder="my-first-shop"
              onChange={(event) => setName(event.target.value)}
              onBlur={() => setNameLeft(name !== "")}
            />
          )}
        </Field>
        <p className={styles.address}>
          <span>The shop will open at</span>
          <output>{addressOf(shopUrl, problem ? "my-first-shop" : name)}</output>
        </p>
        {/* A copy writes to nobody. */}
        {!isCopy && (
          <Field
            label="Your e-mail address (optional)"
            hint={
              source
                ? `The shop writes to you here, of new orders for example. If you leave it empty, it writes to the same address as ${source.store.name}.`
                : "The shop writes to you here, of new orders for example. Some shop software signs you in by it."
            }
            error={refusals.find((item) => item.field === "contactEmail")?.message}
          >
            {(control) => (
              <input {...control} type="email" name="email" value={email} autoComplete="email" onChange={(event) => setEmail(event.target.value)} />
            )}
          </Field>
        )}
      </Panel>
      {!source && (
        <Panel title="Shop software">
          <EngineChoice engines={engines} value={engineName} onChange={(chosen) => {
            setEngineName(chosen);
            setVersion("");
            setPlan("");
          }} />
          {engine && (
            <div className={styles.version}>
              <Field label="Version" error={refusals.find((item) => item.field === "version")?.message}>
                {(control) => (
                  <select {...control} value={version || defaultOf(engine)} onChange={(event) => setVersion(event.target.value)}>
                    {engine.versions.map((item) => (
                      <option key={item.name} value={item.name}>
                        {item.isDefault && engine.versions.length > 1 ? `${item.name} (recommended)` : item.name}
                      </option>
                    ))}
                  </select>
                )}
              </Field>
            </div>
          )}
        </Panel>
      )}
      {plans.length > 0 && (
        <Panel title="Plan">
          <PlanChoice
            plans={plans}
            value={plan || defaultPlan(plans, source?.store.plan?.name)}
            onChange={setPlan}
            refusal={refusals.find((item) => item.field === "plan")?.message}
          />
        </Panel>
      )}
      {known && (known.viewer.quota.storesLeft === 0 ? <QuotaReached known={known} /> : <p className={styles.quota}>{quotaInWords(known)}</p>)}
      {otherRefusals.map((item) => (
        <Refusal key={item.code} title="The store was not created" message={item.code === "BACKUP_UNKNOWN" ? BACKUP_GONE : item.message} />
      ))}
      <Refusal title="The store was not created" message={error && messageOf(error)} />
      <div className={styles.actions}>
        <ButtonLink to={source ? `/stores/${source.store.id}` : "/stores"}>Cancel</ButtonLink>
        <Button type="submit" look="primary" disabled={fetching}>
          {fetching ? "Creating …" : "Create store"}
        </Button>
      </div>
    </form>
  );
}

function QuotaReached({ known: { viewer, platform } }: { known: ViewerQuery }) {
  const way = platform.countsSuspendedStores ? "Delete" : "Pause or delete";
  return (
    <Notice tone="warning" title="You have as many stores as you may have">
      <p>{`That is ${viewer.quota.storesLimit ?? 0}. ${way} one that is not needed, or ask an admin for more.`}</p>
    </Notice>
  );
}

function defaultOf(engine: Engine): string {
  return engine.versions.find((item) => item.isDefault)?.name ?? engine.versions[0]?.name ?? "";
}

/** `randomUUID` exists only on HTTPS and localhost; a random key is all that is needed. */
function newKey(): string {
  return Array.from(crypto.getRandomValues(new Uint32Array(4)), (part) => part.toString(16)).join("-");
}
