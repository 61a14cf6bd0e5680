import { defineConfig } from 'vitest/config'

/** The real cluster's tests: in order, one at a time, the first failure ends them (what follows would only repeat it). */
export default defineConfig({
  test: {
    include: ['lab/test/**/*.lab.ts'],
    fileParallelism: false,
    sequence: { concurrent: false },
    bail: 1,
    testTimeout: 15 * 60_000,
    hookTimeout: 30 * 60_000,
    reporters: ['verbose'],
  },
})
