/**
 * Every measurement that needs no cluster, one after the other, each in a process of its own and built as the tool is: tsx gives each function
 * its name as often as it is made, which costs a fifth of a plan.
 *   npm run bench [-- NAME…]
 * All print ratios within one run; one that ends with an error stops the rest.
 */
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { build } from 'tsdown'

const benches: Readonly<Record<string, string>> = {
  address: 'parse, format, contains and overlap beside npm libraries and node:net',
  diagnose: 'known failures in 200 MB of logs, in under 5 s and 256 MB',
  list: 'reading 50,000 pods over TLS beside node:https',
  rehearse: 'rehearsing 100, 1,000 and 5,000 nodes, the last in under 120 s',
  scale:
    'reading and planning 5,000 nodes, 150,000 pods and 10,000 Services beside reading the same lists raw',
  startup: '--help beside a bare node; runs what is built',
}

const wanted = process.argv.slice(2)
const unknown = wanted.filter(name => !Object.hasOwn(benches, name))
if (unknown.length > 0) {
  throw new Error(`unknown: ${unknown.join(', ')}; there are ${Object.keys(benches).join(', ')}`)
}
const chosen = Object.keys(benches).filter(name => wanted.length === 0 || wanted.includes(name))
const root = join(import.meta.dirname, '..')
const built = join(root, 'node_modules/.bench')
await build({
  config: false,
  cwd: root,
  entry: Object.fromEntries(chosen.map(name => [name, `bench/${name}.ts`])),
  outDir: built,
  format: 'esm',
  platform: 'node',
  target: 'node20.19',
  fixedExtension: false,
  dts: false,
  copy: ['src/world/nodes/agent', 'src/verify/client/tester'].map(from => ({ from, to: built })),
  logLevel: 'warn',
  clean: true,
})
for (const name of chosen) {
  process.stdout.write(`\n${name}: ${benches[name] ?? ''}\n`)
  const { status } = spawnSync(process.execPath, [join(built, `${name}.js`)], { cwd: root, stdio: 'inherit' })
  if (status !== 0) throw new Error(`${name} ended with ${status}`)
}
