import { Eye, EyeOff, KeyRound } from "lucide-react";
import { useState } from "react";
import { useMutation } from "urql";
import { Button } from "@/components/button";
import { Refusal } from "@/components/refusal";
import { graphql } from "@/gql";
import type { StoreDetailsFragment } from "@/gql/graphql";
import { refusalOf } from "@/lib/graphql/refusal-of";
import { ownerLabel } from "@/lib/owners";
import { useViewer } from "@/lib/viewer";
import styles from "./admin-password.module.css";
import { Credentials } from "./credentials";
import { IdleButton } from "./idle-button";
import { SignInButton } from "./sign-in-button";

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

interface AdminPasswordProps {
  store: StoreDetailsFragment;
  /** Asks for a new password, with a dialog that shows it. */
  onNew: () => void;
}

/** How the owner signs in to the shop's admin; read from the cluster only when it is asked for. */
export function AdminPassword({ store, onNew }: AdminPasswordProps) {
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
  return (
    <div className={styles.ask}>
      <SignInButton storeId={store.id} />
      <Reveal key={timesHidden} storeId={store.id} isFocused={timesHidden > 0} onHide={() => setTimesHidden(timesHidden + 1)} />
      <IdleButton store={store} onAsk={onNew}>
        <KeyRound size={16} aria-hidden /> Set a new password
      </IdleButton>
    </div>
  );
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
        <Credentials username={shown.username ?? ""} password={shown.password} />
        <Button onClick={onHide} autoFocus>
          <EyeOff size={16} aria-hidden /> Hide the password
        </Button>
      </div>
    );
  }
  return (
    <div className={styles.ask}>
      <p className={styles.hint}>The first password was generated with the shop, and is shown until you set a new one. Each look at it is recorded.</p>
      <Button disabled={result.fetching} autoFocus={isFocused} onClick={() => reveal({ input: { id: storeId } })}>
        <Eye size={16} aria-hidden /> Show the password
      </Button>
      <Refusal title="It cannot be shown" message={refusalOf(result, (data) => data.revealAdminPassword)} />
    </div>
  );
}
