import { Check, Copy } from "lucide-react";
import { useState } from "react";
import { announce } from "@/lib/announcer";
import { Button } from "./button";

/** Copies a text; says so for a moment, or that it is to be copied by hand. */
export function CopyButton({ text, what }: { text: string; what: string }) {
  const [outcome, setOutcome] = useState<"copied" | "refused">();

  async function copy() {
    try {
      // A browser has no clipboard for pages over plain HTTP, and may refuse one to others.
      await navigator.clipboard.writeText(text);
      announce(`Copied ${what}.`);
      setOutcome("copied");
      setTimeout(() => setOutcome(undefined), 2_000);
    } catch {
      announce(`The browser does not let this page copy: select ${what} and copy it by hand.`);
      setOutcome("refused");
    }
  }

  return (
    <Button look="quiet" onClick={copy} aria-label={`Copy ${what}`}>
      {outcome === "copied" ? <Check size={16} aria-hidden /> : <Copy size={16} aria-hidden />}
      {outcome === "refused" && <span>Select it and copy it by hand</span>}
    </Button>
  );
}
