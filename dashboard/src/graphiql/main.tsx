import "@fontsource-variable/inter/wght.css";
import "graphiql/style.css";
import "@/app/styles/tokens.css";
import "./page.css";
import "./theme.css";
import { createRoot } from "react-dom/client";
import { answerOtherTabs, SOMEBODY } from "@/lib/other-tabs";
import { currentToken, followReturns } from "@/lib/session";
import { forgetAll } from "@/lib/storage";
import { followLinks } from "@/lib/sign-in-link";
import { applyTheme } from "@/lib/theme";
import { Page } from "./page";

followReturns();
followLinks();
answerOtherTabs(() => (currentToken() ? SOMEBODY : ""));
applyTheme();
const element = document.getElementById("root");
if (element) draw(element);

/** Draw the page; where GraphiQL breaks on what it kept of an earlier visit, once more without that. */
function draw(within: HTMLElement, isAgain = false): void {
  const root = createRoot(within, {
    onUncaughtError: (error) => {
      if (isAgain) throw error;
      queueMicrotask(() => {
        root.unmount();
        forgetAll("localStorage", "graphiql:");
        draw(within, true);
      });
    },
  });
  root.render(<Page />);
}
