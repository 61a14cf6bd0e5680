import pLimit from 'p-limit'
import { messageOf } from '../base/errors.ts'
import {
  againOf,
  isOfSandbox,
  lastStart,
  type Listener,
  type LogSource,
  PodsOfLines,
  recoveredIn,
  settledMs,
  speakerNamed,
} from '../diagnose/index.ts'
import type { Cluster } from '../model/cluster.ts'
import type { ContainerSeen, SeenOnNodes } from '../model/failure.ts'
import type { NodeAccess, NodeContainers } from '../world/ports.ts'

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
  /** What is known besides; `now`: milliseconds since 1970. */
  about: { readonly cluster: Cluster; readonly now: number },
  signal?: AbortSignal,
): Promise<NodesTold> {
  const limit = pLimit(nodesAtOnce)
  const told = await Promise.all(
    names.map(name => limit(() => new NodeEar(nodes, name, listener, about).listen(signal))),
  )
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

interface NodeTold {
  readonly seen: readonly ContainerSeen[] | undefined
  readonly lookedAt: readonly string[]
  readonly notRead: readonly string[]
}

/** One node's logs, one after the other. */
class NodeEar {
  readonly #lookedAt: string[] = []
  readonly #notRead: string[] = []
  /** Milliseconds since 1970, as the node itself has it. */
  #clock: number
  readonly #nodes: NodeAccess
  readonly #node: string
  readonly #listener: Listener
  readonly #about: { readonly cluster: Cluster; readonly now: number }

  constructor(
    nodes: NodeAccess,
    node: string,
    listener: Listener,
    about: { readonly cluster: Cluster; readonly now: number },
  ) {
    this.#nodes = nodes
    this.#node = node
    this.#listener = listener
    this.#about = about
    this.#clock = about.now
  }

  async listen(signal?: AbortSignal): Promise<NodeTold> {
    const node = this.#node
    let seen: readonly ContainerSeen[] | undefined
    try {
      const found = await this.#nodes.containers(node, linesOfLog, signal)
      seen = found.containers
      if (found.runtime !== 'answered')
        this.#notRead.push(
          `${node}: exit codes of containers: ${found.runtime === 'absent' ? 'the node has no crictl' : 'crictl gave no answer'}`,
        )
      this.#clock = found.now ?? this.#about.now
      this.#hearContainers(found)
    } catch (error) {
      signal?.throwIfAborted()
      this.#notRead.push(`${node}: containers and their logs: ${messageOf(error)}`)
      // The journals come the same way: a second failure would only say it again.
      return this.#told(seen)
    }
    for (const unit of ['kubelet', 'containerd']) {
      try {
        this.#hearJournal(unit, await this.#nodes.logs(node, { unit }, linesOfJournal))
      } catch (error) {
        signal?.throwIfAborted()
        this.#notRead.push(`${node}: the journal of ${unit}: ${messageOf(error)}`)
      }
    }
    return this.#told(seen)
  }

  #told = (seen: readonly ContainerSeen[] | undefined): NodeTold => ({
    seen,
    lookedAt: this.#lookedAt,
    notRead: this.#notRead,
  })

  #hear(source: LogSource, text: string): void {
    const ear = this.#listener.open(source)
    ear.write(Buffer.from(text))
    this.#lookedAt.push(`${source.name}: ${ear.end().lines} lines`)
  }

  #hearContainers({ containers, logs }: NodeContainers): void {
    const recovered = recoveredIn(this.#about.cluster, this.#clock)
    for (const { namespace, pod, container, attempt, text } of logs) {
      const speaker = speakerNamed(container) ?? speakerNamed(pod)
      const latest = Math.max(
        ...logs.filter(one => one.pod === pod && one.container === container).map(one => one.attempt),
      )
      const state = containers.find(one => one.pod === pod && one.container === container)
      // Errors of what runs are many and mostly pass; those of what ended are the reason.
      const hasEnded = state !== undefined && state.state === 'exited' && state.exitCode !== 0
      const well = recovered.pod(namespace, pod)
      this.#hear(
        {
          name: `${container} of ${pod} on ${this.#node}, container log ${attempt}`,
          tellsUnknown: hasEnded && attempt === latest,
          ...(speaker !== undefined && { speaker }),
          ...(!hasEnded && {
            past: {
              now: this.#clock,
              keepsSure: attempt === latest,
              wellSince: (line, at) => (recovered.missedNode(line, at) ? Number.POSITIVE_INFINITY : well),
            },
          }),
        },
        text,
      )
    }
  }

  #hearJournal(unit: string, text: string): void {
    const recovered = recoveredIn(this.#about.cluster, this.#clock)
    const speaker = speakerNamed(unit)
    const pods = new PodsOfLines(text)
    const since = [this.#ranSince(text), recovered.node(this.#node)].flatMap(one => one ?? [])
    const wellSince = (line: string): number | undefined => {
      const pod = pods.of(line)
      const of = recovered[isOfSandbox(line) ? 'network' : 'pod']
      const ofPod = pod === undefined ? undefined : of(pod.namespace, pod.name)
      return since.length === 0 && ofPod === undefined ? undefined : Math.max(...since, ofPod ?? 0)
    }
    this.#hear(
      {
        name: `${unit} on ${this.#node}, journal`,
        tellsUnknown: false,
        ...(speaker !== undefined && { speaker }),
        past: { now: this.#clock, keepsSure: false, againOf, wellSince },
      },
      text,
    )
  }

  /** What a kubelet said that ended is over when its successor runs on. */
  #ranSince(journal: string): number | undefined {
    const start = lastStart(journal)
    const runs = this.#about.cluster.nodes[this.#node]?.kubeletArguments !== undefined
    return runs && start !== undefined && start + settledMs <= this.#clock ? start : undefined
  }
}
