import { useEffect, useState } from "react";
import { onAnnouncement } from "@/lib/announcer";

/** The page's one polite live region: says what `announce` is given. */
export function LiveRegion() {
  const [message, setMessage] = useState("");
  useEffect(() => onAnnouncement(setMessage), []);
  return (
    <div role="status" aria-live="polite" className="visually-hidden" data-testid="announcements">
      {message}
    </div>
  );
}
