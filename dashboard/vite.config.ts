import { fileURLToPath } from "node:url";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

export default defineConfig({
  plugins: [react()],
  resolve: { alias: { "@": fileURLToPath(new URL("src", import.meta.url)) } },
  server: {
    proxy: {
      "/graphql": { target: "http://127.0.0.1:8080", ws: true },
      "/config.json": "http://127.0.0.1:8080",
    },
  },
  build: {
    rollupOptions: { input: ["index.html", "graphiql.html"] },
    // Nothing in the pages is inline: the content security policy forbids it.
    assetsInlineLimit: 0,
    // GraphiQL is one large page for developers; app/local/frontend.py holds the dashboard to a budget.
    chunkSizeWarningLimit: 2000,
    manifest: true,
  },
  test: {
    environment: "jsdom",
    include: ["src/**/*.test.{ts,tsx}"],
    setupFiles: ["src/testing/setup.ts"],
  },
});
