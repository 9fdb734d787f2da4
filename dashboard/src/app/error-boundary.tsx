import { Component, Fragment, type ReactNode } from "react";
import { Button } from "@/components/button";
import { Notice } from "@/components/notice";
import styles from "./error-boundary.module.css";

interface State {
  error: Error | null;
  /** How often the page was drawn anew. */
  drawing: number;
}

const MOST = 3;
const WITHIN = 10_000;

/**
 * Shows what broke instead of an empty page. Where something else has taken away what the page drew,
 * as translators and extensions do, the page is drawn anew, unless that happens again and again.
 */
export class ErrorBoundary extends Component<{ children: ReactNode }, State> {
  override state: State = { error: null, drawing: 0 };
  private disturbedAt: number[] = [];

  static getDerivedStateFromError(error: Error): Partial<State> {
    return { error };
  }

  override componentDidCatch(error: Error) {
    const now = performance.now();
    this.disturbedAt = [...this.disturbedAt.filter((at) => now - at < WITHIN), now];
    if (!isDisturbance(error) || this.disturbedAt.length > MOST) return;
    this.setState(({ drawing }) => ({ error: null, drawing: drawing + 1 }));
  }

  override render() {
    const { error, drawing } = this.state;
    if (!error) return <Fragment key={drawing}>{this.props.children}</Fragment>;
    return (
      <main className={styles.broken}>
        <Notice tone="failed" title="The page broke" isAlert actions={<Button onClick={() => location.reload()}>Load it again</Button>}>
          <p>{isDisturbance(error) ? DISTURBED : error.message}</p>
        </Notice>
      </main>
    );
  }
}

const DISTURBED =
  "Something in this browser keeps changing what the page shows, such as an extension. Switch it off for this page, then load it again.";

/** Whether what was drawn is no longer where it was. */
function isDisturbance(error: Error): boolean {
  return error.name === "NotFoundError" || error.name === "HierarchyRequestError";
}
