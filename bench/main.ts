/**
 * Every measurement that needs no cluster, one after the other, each in a process of its own.
 *   npm run bench [-- NAME…]
 * All print ratios within one run; one that ends with an error stops the rest.
 */
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'

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
for (const [name, what] of Object.entries(benches)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue
  process.stdout.write(`\n${name}: ${what}\n`)
  const { status } = spawnSync(
    process.execPath,
    ['--import', 'tsx', join(import.meta.dirname, `${name}.ts`)],
    { stdio: 'inherit' },
  )
  if (status !== 0) throw new Error(`${name} ended with ${status}`)
}
