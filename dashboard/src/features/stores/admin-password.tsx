import { Eye, EyeOff } from "lucide-react";
import { useState } from "react";
import { useMutation } from "urql";
import { Button } from "@/components/button";
import { CopyButton } from "@/components/copy-button";
import { Refusal } from "@/components/refusal";
import { graphql } from "@/gql";
import type { StoreSummaryFragment } from "@/gql/graphql";
import { refusalOf } from "@/lib/graphql/refusal-of";
import { ownerLabel } from "@/lib/owners";
import { useViewer } from "@/lib/viewer";
import styles from "./admin-password.module.css";

const REVEAL = graphql(`
  mutation RevealAdminPassword($input: RevealAdminPasswordInput!) {
    revealAdminPassword(input: $input) {
      username
      password
      errors {
        code
        message
      }
    }
  }
`);

/** How the owner signs in to the shop's admin; read from the cluster only when it is asked for. */
export function AdminPassword({ store }: { store: StoreSummaryFragment }) {
  const viewer = useViewer().data?.viewer;
  const isOwner = viewer?.name === store.owner && viewer.source === store.ownerSource;
  const [timesHidden, setTimesHidden] = useState(0);

  if (!viewer) return null;
  if (!isOwner) return <p className={styles.hint}>{`Only ${ownerLabel(store)}, the owner, is shown the password.`}</p>;
  if (viewer.role === "VIEWER") {
    return (
      <p className={styles.hint}>
        Your role is viewer, which may not see the password. Sign in with a token of the role operator, or ask whoever runs
        the platform for one.
      </p>
    );
  }
  // Hiding forgets: what was shown goes with the component that knew it.
  return <Reveal key={timesHidden} storeId={store.id} isFocused={timesHidden > 0} onHide={() => setTimesHidden(timesHidden + 1)} />;
}

interface RevealProps {
  storeId: string;
  isFocused: boolean;
  onHide: () => void;
}

function Reveal({ storeId, isFocused, onHide }: RevealProps) {
  const [result, reveal] = useMutation(REVEAL);
  const shown = result.data?.revealAdminPassword;

  if (shown?.password) {
    return (
      <div className={styles.ask}>
        <dl className={styles.credentials}>
          <Credential name="User" value={shown.username ?? ""} />
          <Credential name="Password" value={shown.password} />
        </dl>
        <Button onClick={onHide} autoFocus>
          <EyeOff size={16} aria-hidden /> Hide the password
        </Button>
      </div>
    );
  }
  return (
    <div className={styles.ask}>
      <p className={styles.hint}>The password was generated with the shop. Each look at it is recorded.</p>
      <Button disabled={result.fetching} autoFocus={isFocused} onClick={() => reveal({ input: { id: storeId } })}>
        <Eye size={16} aria-hidden /> Show the password
      </Button>
      <Refusal title="It cannot be shown" message={refusalOf(result, (data) => data.revealAdminPassword)} />
    </div>
  );
}

function Credential({ name, value }: { name: string; value: string }) {
  return (
    <div className={styles.credential}>
      <dt>{name}</dt>
      <dd>
        <code translate="no">{value}</code>
        <CopyButton text={value} what={name.toLowerCase()} />
      </dd>
    </div>
  );
}
