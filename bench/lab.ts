import { join, resolve } from 'node:path'
import { down, type Lab, up } from '../lab/index.ts'
import { tool } from '../lab/test/tool.ts'
import { startTraffic, type Summary } from '../lab/test/traffic.ts'

/**
 * The conversion by hand and ours, each on a fresh lab of the same size, one after the other in one run: what was lost and how long it took.
 * `npm run bench:lab [-- --control-planes N --workers N]`. Prints a table and, last, the same as JSON.
 */
const pods = 'fd00:244::/56'
const services = 'fd00:96::/112'
const option = (name: string, otherwise: number): number => {
  const at = process.argv.indexOf(`--${name}`)
  return at < 0 ? otherwise : Number(process.argv[at + 1])
}
const say = (text: string): void => void process.stderr.write(`${text}\n`)

interface Measured {
  readonly seconds: number
  readonly traffic: readonly Summary[]
}

async function measure(
  name: string,
  convert: (lab: Lab) => Promise<{ code: number; stdout: string; stderr: string }>,
): Promise<Measured> {
  await down(name)
  const lab = await up({
    name,
    controlPlanes: option('control-planes', 1),
    workers: option('workers', 1),
    cni: 'calico',
    log: say,
  })
  try {
    const stop = await startTraffic(lab)
    const began = performance.now()
    const result = await convert(lab)
    const seconds = (performance.now() - began) / 1000
    const traffic = await stop()
    say(result.stdout)
    say(
      result.stderr
        .split('\n')
        .filter(line => line.endsWith(': done'))
        .join('\n'),
    )
    if (result.code !== 0) throw new Error(`${name}: exit code ${result.code}\n${result.stderr.slice(-4000)}`)
    return { seconds, traffic }
  } finally {
    await down(name)
  }
}

const byHand = (lab: Lab) =>
  lab.exec('outside', ['bash', resolve(import.meta.dirname, 'by-hand.sh')], {
    env: {
      KUBECONFIG: lab.kubeconfig,
      SSH_CONFIG: lab.sshConfig,
      PODS: pods,
      SERVICES: services,
      KUBECTL: join(lab.state.bin, 'kubectl'),
    },
    timeoutMs: 20 * 60_000,
  })
const ours = (lab: Lab) => tool(lab, 'ssh').run('apply', '--yes', '--pods', pods, '--services', services)

const lostSeconds = (one: Summary): number => (one.requests === 0 ? 0 : one.longestOutageMs / 1000)

const hand = await measure('bench', byHand)
const tooled = await measure('bench', ours)
const rows = hand.traffic.map(one => {
  const other = tooled.traffic.find(({ name }) => name === one.name)
  return [
    one.name,
    `${one.failed} of ${one.requests}`,
    lostSeconds(one).toFixed(1),
    other === undefined ? '-' : `${other.failed} of ${other.requests}`,
    other === undefined ? '-' : lostSeconds(other).toFixed(1),
  ]
})
const table = [
  '| path | by hand: failed | longest outage, s | ours: failed | longest outage, s |',
  '| --- | --- | --- | --- | --- |',
  ...rows.map(row => `| ${row.join(' | ')} |`),
  `| whole conversion, s | ${hand.seconds.toFixed(0)} | | ${tooled.seconds.toFixed(0)} | |`,
  '',
  `ours / by hand, wall time: ${(tooled.seconds / hand.seconds).toFixed(2)}`,
]
process.stdout.write(`${table.join('\n')}\n${JSON.stringify({ hand, ours: tooled })}\n`)
