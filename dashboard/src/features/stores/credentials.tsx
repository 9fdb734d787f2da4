import { CopyButton } from "@/components/copy-button";
import styles from "./admin-password.module.css";

/** A user's name and password, each with a way to copy it. */
export function Credentials({ username, password }: { username: string; password: string }) {
  return (
    <dl className={styles.credentials}>
      <Credential name="User" value={username} />
      <Credential name="Password" value={password} />
    </dl>
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
