import { Check, Copy } from "lucide-react";
import { useState } from "react";
import { announce } from "@/lib/announcer";
import { Button } from "./button";

/** Copies a text; says so for a moment. */
export function CopyButton({ text, what }: { text: string; what: string }) {
  const [isCopied, setCopied] = useState(false);

  async function copy() {
    await navigator.clipboard.writeText(text);
    announce(`Copied ${what}.`);
    setCopied(true);
    setTimeout(() => setCopied(false), 2_000);
  }

  return (
    <Button look="quiet" onClick={copy} aria-label={`Copy ${what}`}>
      {isCopied ? <Check size={16} aria-hidden /> : <Copy size={16} aria-hidden />}
    </Button>
  );
}
