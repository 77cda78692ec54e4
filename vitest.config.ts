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
    setupFiles: ['test/helpers/tell-failures.ts'],
    testTimeout: 20_000,
    hookTimeout: 20_000,
    // What is waited for comes in milliseconds; on a busy machine, later.
    expect: { poll: { timeout: 10_000 } },
    pool: 'forks',
    // Most tests wait more than they work: one worker a core, where vitest would leave one core free.
    maxWorkers: '100%',
  },
});
