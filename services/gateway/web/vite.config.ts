/** Builds the page into ../static, which is committed: running Switchboard needs no Node. */
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vitest/config';

const gateway = 'http://127.0.0.1:8080';

export default defineConfig({
  plugins: [react()],
  base: '/',
  build: {
    outDir: '../static',
    emptyOutDir: true,
    sourcemap: false,
    target: ['chrome123', 'edge123', 'firefox120', 'safari17.5'],
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 600,
    assetsInlineLimit: 0,
    rolldownOptions: {
      output: {
        // What seldom changes keeps its file, so that browsers (and git) keep it too.
        codeSplitting: {
          groups: [
            {
              name: 'vendor',
              test: /node_modules\/(react|react-dom|scheduler|react-router|i18next|react-i18next|@tanstack)\//,
            },
          ],
        },
      },
    },
  },
  server: {
    port: 5173,
    proxy: { '/api': gateway, '/hooks': gateway, '/widget': gateway },
  },
  test: {
    environment: 'jsdom',
    include: ['src/**/*.test.{ts,tsx}'],
    // Forms are drawn whole; on a busy machine that takes its time.
    testTimeout: 30_000,
    setupFiles: ['src/test/setup.ts'],
  },
});
