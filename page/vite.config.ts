import { defineConfig } from "vite";

export default defineConfig({
  build: { outDir: "../bot/localslack/bundle", emptyOutDir: true, chunkSizeWarningLimit: 1500 },
});
