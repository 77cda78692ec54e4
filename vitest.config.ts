import { defineConfig } from 'vitest/config';

export default defineConfig({
  resolve: { alias: { portico: new URL('./src/index.ts', import.meta.url).pathname } },
  test: {
    include: ['test/**/*.test.ts', 'plugins/**/*.test.ts', 'bff/**/*.test.ts'],
    testTimeout: 20_000,
    hookTimeout: 20_000,
    pool: 'forks',
  },
});
