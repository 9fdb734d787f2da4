import { ChevronLeft } from "lucide-react";
import type { SubmitEvent } from "react";
import { Button } from "@/components/button";
import { Logo } from "@/components/logo";

interface BarProps {
  isSignedIn: boolean;
  /** How the connection for subscriptions is, in words. */
  state: string;
  onToken: (token: string) => void;
}

/** Above GraphiQL: the way back to the dashboard, and the sign-in. */
export function Bar({ isSignedIn, state, onToken }: BarProps) {
  function signIn(event: SubmitEvent<HTMLFormElement>) {
    event.preventDefault();
    const entry = new FormData(event.currentTarget).get("token");
    onToken(typeof entry === "string" ? entry.trim() : "");
  }

  return (
    <header className="bar">
      <Logo />
      <a href="/stores" className="back">
        <ChevronLeft size={16} aria-hidden /> Back to the dashboard
      </a>
      <form className="sign-in" onSubmit={signIn}>
        {isSignedIn ? (
          <>
            <span>Signed in. Subscriptions: <output>{state}</output></span>
            <input type="hidden" name="token" value="" />
            <Button type="submit">Sign out</Button>
          </>
        ) : (
          <>
            <span className="hint">`make up` prints a token; more: python -m app token create NAME</span>
            <label>
              Access token <input type="password" name="token" autoComplete="off" required />
            </label>
            <Button type="submit" look="primary">
              Sign in
            </Button>
          </>
        )}
      </form>
    </header>
  );
}
