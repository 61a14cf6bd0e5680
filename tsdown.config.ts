import { defineConfig } from 'tsdown'

export default defineConfig({
  entry: { cli: 'src/cli/main.ts', complete: 'src/cli/complete.ts', index: 'src/app/index.ts' },
  format: 'esm',
  platform: 'node',
  target: 'node20.19',
  dts: { entry: ['src/app/index.ts'] },
  fixedExtension: false,
  // The node agent and the test pods' programs are shell: read beside the bundle, as beside their source.
  copy: ['src/world/nodes/agent', 'src/verify/client/tester'].map(from => ({ from, to: 'dist' })),
  clean: true,
})
