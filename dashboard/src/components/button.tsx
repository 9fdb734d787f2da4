import type { ComponentProps } from "react";
import { Link } from "react-router";
import styles from "./button.module.css";

type Look = "primary" | "plain" | "quiet" | "danger";

function classOf(look: Look, className?: string) {
  return [styles.button, styles[look], className].filter(Boolean).join(" ");
}

export function Button({ look = "plain", className, type = "button", ...rest }: ComponentProps<"button"> & { look?: Look }) {
  return <button type={type} className={classOf(look, className)} {...rest} />;
}

/** A link within the dashboard that looks like a button. */
export function ButtonLink({ look = "plain", className, ...rest }: ComponentProps<typeof Link> & { look?: Look }) {
  return <Link className={classOf(look, className)} {...rest} />;
}

/** A link out of the dashboard, in a tab of its own. */
export function OutsideLink({ look = "plain", className, ...rest }: ComponentProps<"a"> & { look?: Look }) {
  return <a target="_blank" rel="noopener noreferrer" className={classOf(look, className)} {...rest} />;
}
