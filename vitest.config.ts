import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['src/**/*.test.ts', 'lab/**/*.test.ts', 'test/**/*.test.ts'],
    testTimeout: 20_000,
    // Whole conversions are made before some tests; a busy machine takes several times as long.
    hookTimeout: 20_000,
  },
})
