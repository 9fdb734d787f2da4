import styles from "./logo.module.css";

/** The product's mark and name. The mark is drawn here, so that it is there while the API is not. */
export function Logo() {
  return (
    <span className={styles.logo}>
      <svg viewBox="0 0 32 32" width={26} height={26} aria-hidden>
        <rect width="32" height="32" rx="8" className={styles.ground} />
        <path d="M7 13.5 9.2 7h13.6L25 13.5a3 3 0 0 1-6 0 3 3 0 0 1-6 0 3 3 0 0 1-6 0Z" className={styles.awning} />
        <path d="M9.5 19v6h13v-6" className={styles.walls} />
      </svg>
      store-platform
    </span>
  );
}
