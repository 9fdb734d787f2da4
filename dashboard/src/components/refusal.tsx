import { Notice } from "./notice";

/** Why something that was asked for was not done. */
export function Refusal({ title, message }: { title: string; message: string | undefined }) {
  if (!message) return null;
  return (
    <Notice tone="failed" title={title} isAlert>
      <p>{message}</p>
    </Notice>
  );
}
