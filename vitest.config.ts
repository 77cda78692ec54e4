import { defineConfig } from 'vitest/config';

const source = (name: string): string => new URL(`./src/${name}.ts`, import.meta.url).pathname;

export default defineConfig({
  resolve: {
    // Each entry by its whole name: `portico` alone would take `portico/testing` for a file below it.
    alias: [
      { find: /^portico$/, replacement: source('index') },
      { find: /^portico\/gateway$/, replacement: source('gateway') },
      { find: /^portico\/testing$/, replacement: source('testing') },
    ],
  },
  test: {
    include: ['test/**/*.test.ts', 'plugins/**/*.test.ts', 'bff/**/*.test.ts'],
    // Gateways that tests start as processes.
    env: { NODE_COMPILE_CACHE: new URL('./node_modules/.cache/portico', import.meta.url).pathname },
    setupFiles: ['test/helpers/tell-failures.ts'],
    testTimeout: 20_000,
    hookTimeout: 20_000,
    // What is waited for comes in milliseconds; on a busy machine, later.
    expect: { poll: { timeout: 10_000 } },
    pool: 'forks',
    // Files share their process, and with it what they import: half of the time went into importing the gateway 400 times.
    // So a test undoes what it changes in the process.
    isolate: false,
    // Most tests wait more than they work: one worker a core, where vitest would leave one core free.
    maxWorkers: '100%',
    // For `npm run coverage`. Code that runs in processes of its own is not counted.
    coverage: {
      provider: 'v8',
      include: ['src/**/*.ts', 'plugins/**/*.ts', 'bff/**/*.ts'],
      reporter: ['text-summary', 'html'],
      // A floor, measured with a part of the tests: to be raised to what a full run shows.
      thresholds: { statements: 86, branches: 80, functions: 88, lines: 88 },
    },
  },
});
