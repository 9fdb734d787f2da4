import { Component, type ReactNode } from "react";
import { Button } from "@/components/button";
import { Notice } from "@/components/notice";
import styles from "./error-boundary.module.css";

interface State {
  error: Error | null;
}

/** Shows what broke instead of an empty page. */
export class ErrorBoundary extends Component<{ children: ReactNode }, State> {
  override state: State = { error: null };

  static getDerivedStateFromError(error: Error): State {
    return { error };
  }

  override render() {
    const { error } = this.state;
    if (!error) return this.props.children;
    return (
      <main className={styles.broken}>
        <Notice tone="failed" title="The page broke" isAlert actions={<Button onClick={() => location.reload()}>Load it again</Button>}>
          <p>{error.message}</p>
        </Notice>
      </main>
    );
  }
}
