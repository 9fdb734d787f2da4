import { ShieldCheck } from "lucide-react";
import { useMutation } from "urql";
import { Refusal } from "@/components/refusal";
import { announce } from "@/lib/announcer";
import { refusalOf } from "@/lib/graphql/refusal-of";
import { dayAndTime } from "@/lib/time";
import { useNow } from "@/lib/use-now";
import styles from "./backup-actions.module.css";
import { type Backup, checkInWords } from "./backup-words";
import { VERIFY_BACKUP } from "./operations";

/** What came of the last time that a shop was made of a backup to prove it. */
export function CheckResult({ backup }: { backup: Backup }) {
  const words = checkInWords(backup);
  return words && <p className={backup.check.fault ? styles.fault : styles.check}>{words}</p>;
}

/** Has a shop made of a backup that nobody sees, to find out whether that can be done. */
export function CheckButton({ backup: { id, madeAt, check } }: { backup: Backup }) {
  const when = dayAndTime(madeAt, useNow());
  const [verified, verify] = useMutation(VERIFY_BACKUP);
  const refusal = refusalOf(verified, (data) => data.verifyBackup);

  async function begin() {
    // Not disabled meanwhile, which would take the keyboard's place in the list away.
    if (verified.fetching || check.isUnderWay) return;
    const refused = refusalOf(await verify({ input: { id } }), (data) => data.verifyBackup);
    if (!refused) announce(`The backup of ${when} is being checked.`);
  }

  return (
    <>
      <button type="button" className={styles.button} onClick={begin} aria-disabled={check.isUnderWay}>
        <span className={styles.mark}>
          <ShieldCheck size={14} aria-hidden /> Check
        </span>
        <span className="visually-hidden">{` whether a shop can be made of the backup of ${when}`}</span>
      </button>
      {refusal && (
        <div className={styles.refusal}>
          <Refusal title="It is not checked" message={refusal} />
        </div>
      )}
    </>
  );
}
