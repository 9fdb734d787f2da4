import { useTitle } from "@/lib/use-title";
import styles from "./sign-in-page.module.css";

/** What is shown for the moment that signing in takes. */
export function SigningIn() {
  useTitle("Signing in");
  return (
    <main className={styles.page}>
      <h1 className="visually-hidden">Signing in</h1>
      <p>Signing in …</p>
    </main>
  );
}
