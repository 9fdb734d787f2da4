import { useSyncExternalStore } from "react";
import { BrowserRouter, Navigate, Route, Routes } from "react-router";
import { AuditPage } from "@/features/audit/audit-page";
import { OidcReturn } from "@/features/sign-in/oidc-return";
import { SigningIn } from "@/features/sign-in/signing-in";
import { SignInLinkDialog, useSignInLink } from "@/features/sign-in/sign-in-link";
import { SignInPage } from "@/features/sign-in/sign-in-page";
import { TokensPage } from "@/features/tokens/tokens-page";
import { CreateStorePage } from "@/features/stores/create-store-page";
import { StoreListPage } from "@/features/stores/store-list-page";
import { StorePage } from "@/features/stores/store-page";
import type { Platform } from "@/lib/graphql/client";
import { PlatformProvider } from "@/lib/graphql/provider";
import { currentPlatform } from "@/lib/graphql/signed-in";
import { onTokenChange } from "@/lib/session";
import { ErrorBoundary } from "./error-boundary";
import { NotFoundPage } from "./not-found-page";
import { Shell } from "./shell";

/** The dashboard: signed in, or asking to. Each sign-in begins with nothing of the last one. */
export function App() {
  const platform = useSyncExternalStore(onTokenChange, currentPlatform);
  return (
    <ErrorBoundary>
      <BrowserRouter>{platform ? <SignedIn platform={platform} /> : <SignedOut />}</BrowserRouter>
      <SignInLinkDialog />
    </ErrorBoundary>
  );
}

function SignedOut() {
  if (useSignInLink().state === "redeeming") return <SigningIn />;
  return (
    <Routes>
      <Route path="signed-in" element={<OidcReturn />} />
      <Route path="*" element={<SignInPage />} />
    </Routes>
  );
}

function SignedIn({ platform }: { platform: Platform }) {
  return (
    <PlatformProvider platform={platform}>
      <Routes>
        <Route element={<Shell />}>
          <Route index element={<Navigate to="/stores" replace />} />
          <Route path="stores" element={<StoreListPage />} />
          <Route path="stores/new" element={<CreateStorePage />} />
          <Route path="stores/:id" element={<StorePage />} />
          <Route path="tokens" element={<TokensPage />} />
          <Route path="audit" element={<AuditPage />} />
          <Route path="signed-in" element={<Navigate to="/stores" replace />} />
          <Route path="*" element={<NotFoundPage />} />
        </Route>
      </Routes>
    </PlatformProvider>
  );
}
