import { getField } from '../../model/fields.ts'
import type { KubeApi } from '../ports.ts'
import type { Room } from './swap-texts.ts'

interface Requests {
  readonly resources?: { readonly requests?: Readonly<Record<string, string>> }
}

/**
 * Does a node have what a second API server asks for, beyond what its pods have asked for? Only a sure yes is one: init containers, and
 * pods that are about to be bound, count as far as the kubelet would count them now.
 */
export function roomOf(api: KubeApi): Room {
  return async (node, requests) => {
    const object = await api.get('v1/nodes', undefined, node)
    const allocatable = getField(object, ['status', 'allocatable']) as
      | Readonly<Record<string, string>>
      | undefined
    if (allocatable === undefined) return false
    const used = new Map<string, number>()
    let pods = 1
    for await (const pod of api.list('v1/pods', { fieldSelector: `spec.nodeName=${node}` })) {
      const phase = getField(pod, ['status', 'phase'])
      if (phase === 'Succeeded' || phase === 'Failed') continue
      pods++
      for (const [name, amount] of asked(pod)) used.set(name, (used.get(name) ?? 0) + amount)
    }
    if (pods > quantity(allocatable.pods ?? '0')) return false
    return Object.entries(requests).every(
      ([name, amount]) => (used.get(name) ?? 0) + quantity(amount) <= quantity(allocatable[name] ?? '0'),
    )
  }
}

/** A pod's requests: its containers together, or its largest init container, and its overhead. */
function asked(pod: unknown): ReadonlyMap<string, number> {
  const list = (path: string) => (getField(pod, ['spec', path]) ?? []) as readonly Requests[]
  const sum = new Map<string, number>()
  const add = (name: string, amount: number) => sum.set(name, (sum.get(name) ?? 0) + amount)
  for (const { resources } of list('containers')) {
    for (const [name, amount] of Object.entries(resources?.requests ?? {})) add(name, quantity(amount))
  }
  for (const { resources } of list('initContainers')) {
    for (const [name, amount] of Object.entries(resources?.requests ?? {})) {
      sum.set(name, Math.max(sum.get(name) ?? 0, quantity(amount)))
    }
  }
  const overhead = getField(pod, ['spec', 'overhead']) as Readonly<Record<string, string>> | undefined
  for (const [name, amount] of Object.entries(overhead ?? {})) add(name, quantity(amount))
  return sum
}

const suffixes: Readonly<Record<string, number>> = {
  n: 1e-9,
  u: 1e-6,
  m: 1e-3,
  '': 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  E: 1e18,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
  Ei: 2 ** 60,
}

/** `250m` → 0.25. https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/ NaN for what is none: never enough. */
export function quantity(text: string): number {
  const match = /^([+-]?[\d.]+(?:[eE][+-]?\d+)?)([a-zA-Z]*)$/.exec(text.trim())
  const factor = suffixes[match?.[2] ?? '']
  return match === null || factor === undefined ? Number.NaN : Number(match[1]) * factor
}
