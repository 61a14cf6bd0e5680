import pLimit from 'p-limit'
import { messageOf } from '../base/errors.ts'
import { type Listener, type LogSource, speakerNamed } from '../diagnose/index.ts'
import type { ContainerSeen, SeenOnNodes } from '../model/failure.ts'
import type { NodeAccess } from '../world/ports.ts'

/** Lines of each log that are looked at. */
const linesOfLog = 3000
const linesOfJournal = 4000
const nodesAtOnce = 8

export interface NodesTold {
  readonly seen: SeenOnNodes
  readonly lookedAt: readonly string[]
  readonly notRead: readonly string[]
}

/** The logs of nodes: the kubelet's and the runtime's journal, and of every system container its last two attempts. */
export async function listenToNodes(
  nodes: NodeAccess,
  names: readonly string[],
  listener: Listener,
  signal?: AbortSignal,
): Promise<NodesTold> {
  const limit = pLimit(nodesAtOnce)
  const told = await Promise.all(names.map(name => limit(() => listenToNode(nodes, name, listener, signal))))
  return {
    seen: Object.fromEntries(
      names.flatMap((name, index) => {
        const seen = told[index]?.seen
        return seen === undefined ? [] : [[name, seen] as const]
      }),
    ),
    lookedAt: told.flatMap(one => one.lookedAt),
    notRead: told.flatMap(one => one.notRead),
  }
}

async function listenToNode(
  nodes: NodeAccess,
  node: string,
  listener: Listener,
  signal?: AbortSignal,
): Promise<{
  readonly seen: readonly ContainerSeen[] | undefined
  readonly lookedAt: readonly string[]
  readonly notRead: readonly string[]
}> {
  const lookedAt: string[] = []
  const notRead: string[] = []
  const listen = (source: LogSource, text: string): void => {
    const { name } = source
    const ear = listener.open(source)
    ear.write(Buffer.from(text))
    const { lines } = ear.end()
    lookedAt.push(`${name}: ${lines} lines`)
  }
  let seen: readonly ContainerSeen[] | undefined
  try {
    const found = await nodes.containers(node, linesOfLog, signal)
    seen = found.containers
    if (found.runtime !== 'answered')
      notRead.push(
        `${node}: exit codes of containers: ${found.runtime === 'absent' ? 'the node has no crictl' : 'crictl gave no answer'}`,
      )
    const now = newestTime(found.logs.map(({ text }) => text))
    for (const { pod, container, attempt, text } of found.logs) {
      const speaker = speakerNamed(container) ?? speakerNamed(pod)
      const latest = Math.max(
        ...found.logs.filter(one => one.pod === pod && one.container === container).map(one => one.attempt),
      )
      const state = seen.find(one => one.pod === pod && one.container === container)
      // Errors of what runs are many and mostly pass; those of what ended are the reason.
      const hasEnded = state !== undefined && state.state === 'exited' && state.exitCode !== 0
      listen(
        {
          name: `${container} of ${pod} on ${node}, container log ${attempt}`,
          tellsUnknown: hasEnded && attempt === latest,
          ...(speaker !== undefined && { speaker }),
          ...(!hasEnded &&
            now !== undefined && { past: { before: earlier(now), keepsSure: attempt === latest } }),
        },
        text,
      )
    }
  } catch (error) {
    signal?.throwIfAborted()
    notRead.push(`${node}: containers and their logs: ${messageOf(error)}`)
    // The journals come the same way: a second failure would only say it again.
    return { seen, lookedAt, notRead }
  }
  for (const unit of ['kubelet', 'containerd']) {
    try {
      const text = await nodes.logs(node, { unit }, linesOfJournal)
      const now = newestTime([text])
      const speaker = speakerNamed(unit)
      listen(
        {
          name: `${unit} on ${node}, journal`,
          tellsUnknown: false,
          ...(speaker !== undefined && { speaker }),
          ...(now !== undefined && { past: { before: earlier(now), keepsSure: false } }),
        },
        text,
      )
    } catch (error) {
      signal?.throwIfAborted()
      notRead.push(`${node}: the journal of ${unit}: ${messageOf(error)}`)
    }
  }
  return { seen, lookedAt, notRead }
}

/** A state that lasts is said again and again: a kubelet waits five minutes at most before it tries anew. */
const lastingMs = 6 * 60_000
const earlier = (now: number): string => new Date(now - lastingMs).toISOString()

/** The newest time at the end of logs of one node, in milliseconds: its own clock, which need not be ours. undefined: none is told. */
function newestTime(texts: readonly string[]): number | undefined {
  const times = texts.flatMap(text => {
    const last = text.trimEnd().split('\n').at(-1) ?? ''
    const milliseconds = Date.parse((/^\S+/.exec(last)?.[0] ?? '').replace(/([+-]\d\d)(\d\d)$/, '$1:$2'))
    return Number.isNaN(milliseconds) ? [] : [milliseconds]
  })
  return times.length === 0 ? undefined : Math.max(...times)
}
