import type { ReactNode } from "react";
import { Notice } from "./notice";

/** Says to a viewer that something is not theirs to do, and who can help. */
export function LookOnly({ children }: { children: ReactNode }) {
  return (
    <Notice tone="progress" title="Your role is viewer, which may only look">
      <p>{children}</p>
    </Notice>
  );
}
