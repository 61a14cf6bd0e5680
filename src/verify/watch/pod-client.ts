import type { Clock } from '../../base/clock.ts'
import { UnreachableError } from '../../base/errors.ts'
import type { Ask, Place } from '../../model/verification.ts'
import type { CommandResult, KubeApi } from '../../world/ports.ts'
import { heardOf } from '../client/script.ts'
import { judge } from '../client/wire.ts'
import type { Client, Loss } from './client.ts'
import { collectScript, loopScript, startScript, stopScript } from './loop.ts'

export interface PodClientOptions {
  readonly api: Pick<KubeApi, 'exec'>
  readonly clock: Clock
  readonly pod: { readonly namespace: string; readonly name: string; readonly container: string }
  readonly place: Place
  readonly asks: readonly Ask[]
  /** The image is agnhost. */
  readonly isAgnhost: boolean
  /** Tells this watch from another one in the same pod. */
  readonly id: string
}

/** Longer than an API server is away when it is exchanged plainly, one after the other on three control planes. */
const forsaken = 300
/** As long as asking takes at most where nothing is in its way, in milliseconds. */
const brisk = 1000
/** Exit code of `collectScript` where no loop is. */
const gone = 3
/** An uptime as the kernel prints it: no number that is no time. */
const lossLine = /^(\d+) (\d{1,10}(?:\.\d{1,9})?) (\d{1,10}(?:\.\d{1,9})?) (.*)$/
const headLine = /^(\d{1,10}(?:\.\d{1,9})?) (\d{1,15})$/

/** A loop of the shell inside a test pod: goes on while the API server, through which it is started and heard, is exchanged. */
export function podClient({ api, clock, pod, place, asks, isAgnhost, id }: PodClientOptions): Client {
  const folder = `/dev/shm/dualstack-watch-${id}`
  let offset = 1
  let sent = 0
  // When the node's uptime was 0, and how long the asking took that said so.
  let boot = 0
  let accuracy = Infinity

  const call = async (
    script: string,
    args: readonly string[],
    options: { readonly input?: string; readonly signal?: AbortSignal } = {},
  ): Promise<CommandResult> => {
    const result = await api.exec(pod, ['sh', '-c', script, folder, ...args], {
      timeoutMs: 15_000,
      ...options,
    })
    if (result.code === 0) return result
    const where = `the client in pod ${pod.namespace}/${pod.name}`
    if (result.code === gone)
      throw new UnreachableError(
        `${where} is gone`,
        'verify.client-gone',
        'Its container was started anew: look at the pod.',
      )
    throw new UnreachableError(
      `${where} does not work: ${result.stderr.trim().slice(0, 200) || `exit code ${result.code}`}`,
      'verify.client',
      'The image must have a POSIX sh, nc, od, tr, dd, tail, wc and printf: --image names another.',
    )
  }

  return {
    place,
    asks,
    async start(every, signal) {
      const input = loopScript({ folder, every: every / 1000, forsaken, asks, isAgnhost })
      await call(startScript, [], { input, signal })
      offset = 1
      sent = 0
    },
    async collect(signal) {
      const before = clock.now()
      const { stdout } = await call(collectScript, [String(offset)], { signal })
      const took = clock.now() - before
      const end = stdout.indexOf('\n')
      const head = headLine.exec(stdout.slice(0, Math.max(0, end)))
      // Nothing of what it says counts, and it is asked for the same once more.
      if (head === null) return { sent: 0, losses: [] }
      const [uptime, said] = [Number(head[1]), Number(head[2])]
      // The uptime was read some time in between; half of the way is the best guess. An asking that waited until an API server came back
      // would be wrong by seconds, and put losses into steps before: the last brisk one is taken, or else the briskest.
      if (took <= Math.max(accuracy, brisk)) {
        boot = before + took / 2 - uptime * 1000
        accuracy = took
      }
      // A line that is still being written is left for the next call, and so is a number.
      const whole = stdout.slice(end + 1, stdout.lastIndexOf('\n') + 1)
      offset += Buffer.byteLength(whole)
      const total = Math.max(sent, said)
      const more = total - sent
      sent = total
      const losses = whole.split('\n').flatMap(line => lossOf(line, asks, boot))
      return { sent: more, losses }
    },
    stop: async () => void (await call(stopScript, [])),
  }
}

/** `boot`: when the node's uptime was 0, in milliseconds since the epoch. Nothing where all is well after all: the loop itself is strict. */
function lossOf(line: string, asks: readonly Ask[], boot: number): readonly Loss[] {
  const [, index, from, to, said = ''] = lossLine.exec(line) ?? []
  const ask = asks[Number(index)]
  if (ask === undefined) return []
  const { through, seen } = judge(ask, heardOf(said, 0))
  if (through === (ask.expect === 'answers')) return []
  return [
    {
      ask,
      at: Math.round(boot + Number(from) * 1000),
      milliseconds: Math.round((Number(to) - Number(from)) * 1000),
      seen,
    },
  ]
}
