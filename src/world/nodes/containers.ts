import type { ContainerSeen } from '../../model/failure.ts'
import { getField } from '../../model/fields.ts'
import type { NodeContainers } from '../ports.ts'
import { type Agent, call } from './agent.ts'
import type { FrameRecord } from './frame.ts'
import { parseJson, textIn } from './json.ts'

/** Namespaces in which a network’s and a control plane’s own pods run. */
const systemNamespaces =
  'kube-system|kube-flannel|kube-proxy|calico-system|calico-apiserver|tigera-operator|cilium|kube-ovn|metallb-system|ingress-nginx'

/** So much of one log is brought at most, in bytes. */
const mostOfLog = 512 * 1024

/** What the runtime says of a node's system containers, and the ends of their logs, newest attempt first; framed as they lie on the disk. */
export async function readContainers(
  agent: Agent,
  node: string,
  lines: number,
  signal?: AbortSignal,
): Promise<NodeContainers> {
  const values = { LINES: Math.max(1, Math.trunc(lines)), BYTES: mostOfLog, NAMES: systemNamespaces }
  return containersOf(await call(agent, node, ['containers'], values, { timeoutMs: 120_000, signal }))
}

/** From what the agent's script brought. What cannot be understood is left out: a node that is ill prints anything. */
export function containersOf(records: readonly FrameRecord[]): NodeContainers {
  const runtime = records.find(([kind]) => kind === 'crictl')
  return {
    runtime: runtime === undefined ? 'absent' : textOf(runtime, 1).trim() === '' ? 'silent' : 'answered',
    ...nowOf(records),
    containers: newest(runtime === undefined ? [] : listed(textOf(runtime, 1), exitsOf(records))),
    logs: records
      .filter(([kind]) => kind === 'log')
      .map(record => {
        const [namespace = '', pod = ''] = textOf(record, 1).split('_')
        return {
          namespace,
          pod,
          container: textOf(record, 2),
          attempt: Number.parseInt(textOf(record, 3), 10) || 0,
          text: textOf(record, 4),
        }
      }),
  }
}

function nowOf(records: readonly FrameRecord[]): Pick<NodeContainers, 'now'> {
  const record = records.find(([kind]) => kind === 'now')
  const seconds = record === undefined ? 0 : Number.parseInt(textOf(record, 1), 10)
  return seconds > 0 ? { now: seconds * 1000 } : {}
}

const textOf = (record: FrameRecord, index: number): string => record[index]?.toString() ?? ''

interface Exit {
  readonly code?: number
  readonly finishedAt?: string
}

function exitsOf(records: readonly FrameRecord[]): ReadonlyMap<string, Exit> {
  return new Map(
    records
      .filter(([kind]) => kind === 'exited')
      .map(record => {
        const text = textOf(record, 2)
        const code = /"exitCode":\s*(-?\d+)/.exec(text)?.[1]
        const finishedAt = /"finishedAt":\s*"([^"]+)"/.exec(text)?.[1]
        return [
          textOf(record, 1),
          {
            ...(code !== undefined && { code: Number(code) }),
            ...(finishedAt !== undefined && { finishedAt }),
          },
        ]
      }),
  )
}

const states = new Map<string, ContainerSeen['state']>([
  ['CONTAINER_RUNNING', 'running'],
  ['CONTAINER_EXITED', 'exited'],
  ['CONTAINER_CREATED', 'created'],
])
const stateOf = (text: string): ContainerSeen['state'] => states.get(text) ?? 'unknown'

/** `crictl ps -a -o json`; what cannot be understood is as if nothing had been said. */
function listed(text: string, exits: ReadonlyMap<string, Exit>): readonly ContainerSeen[] {
  const containers = getField(parseJson(text), ['containers'])
  return (Array.isArray(containers) ? containers : []).map(one => {
    const said = (...path: readonly string[]): string => textIn(getField(one, path))
    const exit = exits.get(said('id'))
    const attempt = getField(one, ['metadata', 'attempt'])
    return {
      namespace: said('labels', 'io.kubernetes.pod.namespace'),
      pod: said('labels', 'io.kubernetes.pod.name'),
      container: said('metadata', 'name'),
      attempt: typeof attempt === 'number' ? attempt : 0,
      state: stateOf(said('state')),
      ...(exit?.code !== undefined && { exitCode: exit.code }),
      ...(exit?.finishedAt !== undefined && { finishedAt: exit.finishedAt }),
    }
  })
}

/** Of several attempts of one container the last; the runtime keeps those before it for a while. */
function newest(all: readonly ContainerSeen[]): readonly ContainerSeen[] {
  const byName = new Map<string, ContainerSeen>()
  for (const one of all) {
    const key = `${one.namespace}/${one.pod}/${one.container}`
    const known = byName.get(key)
    if (known === undefined || known.attempt < one.attempt) byName.set(key, one)
  }
  return [...byName.values()]
}
