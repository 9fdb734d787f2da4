import { useState } from "react";
import { useMutation } from "urql";
import { Button } from "@/components/button";
import { CopyButton } from "@/components/copy-button";
import { Dialog } from "@/components/dialog";
import { DialogActions, DialogBody, DialogForm } from "@/components/dialog-form";
import { Field } from "@/components/field";
import { Refusal } from "@/components/refusal";
import type { Role } from "@/gql/graphql";
import { messageOf } from "@/lib/graphql/client";
import { useNow } from "@/lib/use-now";
import { useViewer } from "@/lib/viewer";
import styles from "./new-token-dialog.module.css";
import { CREATE_TOKEN } from "./operations";

const ROLES: { role: Role; label: string }[] = [
  { role: "VIEWER", label: "Viewer: sees stores" },
  { role: "OPERATOR", label: "Operator: creates and deletes stores too" },
  { role: "ADMIN", label: "Admin: everything, everyone's" },
];
const LIFETIMES = [7, 30, 90, 365];
const USUAL_LIFETIME = 90;
const DAY_MS = 86_400_000;

/** The days that may be asked for: a token ends with what its maker is signed in with. */
function lifetimesUntil(end: string | null | undefined, now: number): number[] {
  return end ? LIFETIMES.filter((days) => now + days * DAY_MS <= Date.parse(end)) : LIFETIMES;
}

/** Makes a token, and shows its secret this once. */
export function NewTokenDialog({ onClose }: { onClose: () => void }) {
  const [result, create] = useMutation(CREATE_TOKEN);
  const secret = result.data?.createToken.secret;
  if (secret) return <SecretDialog secret={secret} onClose={onClose} />;
  return (
    <Dialog title="New token" onClose={onClose}>
      <TokenForm
        result={result}
        onClose={onClose}
        onSubmit={async (input) => {
          await create({ input });
        }}
      />
    </Dialog>
  );
}

interface TokenInput {
  owner: string | null;
  role: Role;
  description: string;
  expiresInDays: number | null;
}

interface TokenFormProps {
  result: Pick<ReturnType<typeof useMutation<unknown>>[0], "fetching" | "error"> & {
    data?: { createToken: { errors: { message: string; field?: string | null }[] } } | undefined;
  };
  onSubmit: (input: TokenInput) => Promise<void>;
  onClose: () => void;
}

function TokenForm({ result, onSubmit, onClose }: TokenFormProps) {
  const viewer = useViewer().data?.viewer;
  const isAdmin = viewer?.role === "ADMIN";
  const offered = ROLES.slice(0, ROLES.findIndex(({ role }) => role === viewer?.role) + 1);
  const [description, setDescription] = useState("");
  const [owner, setOwner] = useState("");
  const [role, setRole] = useState<Role>();
  const lifetimes = lifetimesUntil(viewer?.tokensEndBy, useNow());
  const [chosenDays, setDays] = useState<string>();
  const days = chosenDays ?? (lifetimes.includes(USUAL_LIFETIME) ? String(USUAL_LIFETIME) : "");
  const errors = result.data?.createToken.errors ?? [];
  const errorOf = (field: string) => errors.find((item) => item.field === field)?.message;
  const shown = ["description", "owner", "role", "expiresInDays"];
  const other = errors.find((item) => !shown.includes(item.field ?? ""))?.message;
  const chosen = role ?? (offered.some((item) => item.role === "OPERATOR") ? "OPERATOR" : "VIEWER");

  return (
    <DialogForm
      onSubmit={() =>
        onSubmit({ description, owner: owner || null, role: chosen, expiresInDays: days ? Number(days) : null })
      }
    >
      <Field label="What it is for" hint="So that you know later which one to revoke." error={errorOf("description")}>
        {(control) => (
          <input
            {...control}
            autoFocus
            autoComplete="off"
            value={description}
            placeholder="Deploy script"
            onChange={(event) => setDescription(event.target.value)}
          />
        )}
      </Field>
      {isAdmin && (
        <Field label="Whose it is" hint={`You, ${viewer.displayName}, if left empty.`} error={errorOf("owner")}>
          {(control) => <input {...control} value={owner} autoComplete="off" onChange={(event) => setOwner(event.target.value)} />}
        </Field>
      )}
      <Field label="What it allows" error={errorOf("role")}>
        {(control) => (
          <select {...control} value={chosen} onChange={(event) => setRole(event.target.value as Role)}>
            {offered.map((item) => (
              <option key={item.role} value={item.role}>
                {item.label}
              </option>
            ))}
          </select>
        )}
      </Field>
      <Field label="How long" error={errorOf("expiresInDays")}>
        {(control) => (
          <select {...control} value={days} onChange={(event) => setDays(event.target.value)}>
            {lifetimes.map((item) => (
              <option key={item} value={item}>
                {item} days
              </option>
            ))}
            <option value="">As long as what I am signed in with</option>
          </select>
        )}
      </Field>
      <Refusal title="The token was not made" message={result.error ? messageOf(result.error) : other} />
      <DialogActions>
        <Button onClick={onClose}>Cancel</Button>
        <Button type="submit" look="primary" disabled={result.fetching}>
          {result.fetching ? "Making …" : "Make the token"}
        </Button>
      </DialogActions>
    </DialogForm>
  );
}

function SecretDialog({ secret, onClose }: { secret: string; onClose: () => void }) {
  return (
    <Dialog title="Your new token" onClose={onClose}>
      <DialogBody>
        <p>Copy it now: it is shown this once, and nowhere kept.</p>
        <div className={styles.secret}>
          <code translate="no">{secret}</code>
          <CopyButton text={secret} what="the token" />
        </div>
        <DialogActions>
          <Button look="primary" onClick={onClose}>
            I have copied it
          </Button>
        </DialogActions>
      </DialogBody>
    </Dialog>
  );
}
