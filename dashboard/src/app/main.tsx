import "@fontsource-variable/inter/wght.css";
import "./styles/tokens.css";
import "./styles/base.css";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { followSession } from "@/lib/graphql/signed-in";
import { takeTokenFromAddress } from "@/lib/session";
import { applyTheme } from "@/lib/theme";
import { App } from "./app";

takeTokenFromAddress();
followSession();
addEventListener("hashchange", takeTokenFromAddress);
applyTheme();
const root = document.getElementById("root");
if (root) {
  createRoot(root).render(
    <StrictMode>
      <App />
    </StrictMode>,
  );
}
