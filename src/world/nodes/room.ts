import { getField } from '../../model/fields.ts'
import { quantity } from '../../text/quantity.ts'
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
