import { useSyncExternalStore } from "react";
import { BrowserRouter, Navigate, Route, Routes } from "react-router";
import { SignInPage } from "@/features/sign-in/sign-in-page";
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
      <BrowserRouter>{platform ? <SignedIn platform={platform} /> : <SignInPage />}</BrowserRouter>
    </ErrorBoundary>
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
          <Route path="*" element={<NotFoundPage />} />
        </Route>
      </Routes>
    </PlatformProvider>
  );
}
