import "@fontsource-variable/inter/wght.css";
import "./styles/tokens.css";
import "./styles/base.css";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { followSession, nameHere } from "@/lib/graphql/signed-in";
import { answerOtherTabs } from "@/lib/other-tabs";
import { followReturns } from "@/lib/session";
import { followLinks } from "@/lib/sign-in-link";
import { applyTheme } from "@/lib/theme";
import { App } from "./app";

followSession();
followReturns();
followLinks();
answerOtherTabs(nameHere);
applyTheme();
const root = document.getElementById("root");
if (root) {
  createRoot(root).render(
    <StrictMode>
      <App />
    </StrictMode>,
  );
}
