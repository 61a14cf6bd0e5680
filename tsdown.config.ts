import { defineConfig } from 'tsdown'

export default defineConfig({
  entry: { cli: 'src/cli/main.ts', complete: 'src/cli/complete.ts', index: 'src/app/index.ts' },
  format: 'esm',
  platform: 'node',
  target: 'node20.19',
  dts: { entry: ['src/app/index.ts'] },
  fixedExtension: false,
  // The node agent is shell: it is read beside the bundle, as it is beside its source.
  copy: [{ from: 'src/world/nodes/agent', to: 'dist' }],
  clean: true,
})
