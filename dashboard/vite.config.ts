import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

export default defineConfig({
  plugins: [react()],
  build: {
    rollupOptions: { input: ["graphiql.html"] },
    // GraphiQL is one large page for developers; the dashboard will have a budget of its own.
    chunkSizeWarningLimit: 2000,
  },
  test: { environment: "jsdom" },
});
