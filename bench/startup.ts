/**
 * How long `--help` takes beside a Node.js that does nothing. Runs what is built: `npm run build` first.
 *   npx tsx bench/startup.ts [rounds]      in the folder of the project
 * In turns, so that whatever else the machine does meets both; the median counts.
 */
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'

const rounds = Number(process.argv[2] ?? 20)
const built = join(process.cwd(), 'dist', 'cli.js')
const lines: Readonly<Record<string, readonly string[]>> = {
  'node -e 0': ['-e', '0'],
  'dualstack --help': [built, '--help'],
  'dualstack plan --help': [built, 'plan', '--help'],
}

function milliseconds(argv: readonly string[]): number {
  const start = performance.now()
  const { status, stderr } = spawnSync(process.execPath, argv, { encoding: 'utf8' })
  if (status !== 0) throw new Error(`node ${argv.join(' ')} ended with ${String(status)}: ${stderr}`)
  return performance.now() - start
}

const taken = new Map(Object.keys(lines).map(name => [name, [] as number[]]))
for (let round = 0; round < rounds; round++)
  for (const [name, argv] of Object.entries(lines)) taken.get(name)?.push(milliseconds(argv))

const median = (name: string): number =>
  taken.get(name)?.toSorted((a, b) => a - b)[Math.floor(rounds / 2)] ?? Number.NaN
for (const name of taken.keys())
  process.stdout.write(
    `${name.padEnd(24)}${median(name).toFixed(0).padStart(6)} ms${(median(name) / median('node -e 0')).toFixed(2).padStart(8)}\n`,
  )
