import styles from "./logo.module.css";

/** The product's mark and name. */
export function Logo() {
  return (
    <span className={styles.logo}>
      <img src="/icon.svg" alt="" width={26} height={26} />
      store-platform
    </span>
  );
}
