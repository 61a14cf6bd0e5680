import type { ContainerSeen } from '../../model/failure.ts'
import type { NodeContainers } from '../ports.ts'
import { type Agent, call } from './agent.ts'
import type { FrameRecord } from './frame.ts'

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
  const records = await call(agent, node, ['containers'], values, { timeoutMs: 120_000, signal })
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

const states: Readonly<Record<string, ContainerSeen['state']>> = {
  CONTAINER_RUNNING: 'running',
  CONTAINER_EXITED: 'exited',
  CONTAINER_CREATED: 'created',
}

interface Listed {
  readonly id?: string
  readonly metadata?: { readonly name?: string; readonly attempt?: number }
  readonly state?: string
  readonly labels?: Readonly<Record<string, string>>
}

/** `crictl ps -a -o json`; what cannot be understood is as if nothing had been said. */
function listed(text: string, exits: ReadonlyMap<string, Exit>): readonly ContainerSeen[] {
  let given: { readonly containers?: readonly Listed[] }
  try {
    given = JSON.parse(text) as typeof given
  } catch {
    return []
  }
  return (given.containers ?? []).map(({ id = '', metadata, state = '', labels }) => {
    const exit = exits.get(id)
    return {
      namespace: labels?.['io.kubernetes.pod.namespace'] ?? '',
      pod: labels?.['io.kubernetes.pod.name'] ?? '',
      container: metadata?.name ?? '',
      attempt: metadata?.attempt ?? 0,
      state: states[state] ?? 'unknown',
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
