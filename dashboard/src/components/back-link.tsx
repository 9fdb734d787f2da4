import { ChevronLeft } from "lucide-react";
import type { ReactNode } from "react";
import { Link } from "react-router";
import styles from "./back-link.module.css";

/** The way to the page above. */
export function BackLink({ to, children }: { to: string; children: ReactNode }) {
  return (
    <Link to={to} className={styles.link}>
      <ChevronLeft size={16} aria-hidden /> {children}
    </Link>
  );
}
