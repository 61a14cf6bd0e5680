import type { KubeObject } from '../model/cluster.ts'
import type { CommandResult } from '../world/ports.ts'
import { isReady, nodeOf } from './pod-status.ts'
import { podResource, type Site } from './site.ts'

/** Programs of Felix's clean-up, by what they look after (src/run/remove-rules.ts). */
const cleaners = { iptables: 'IPv4', ip6tables: 'IPv6' } as const

/** What a command in a container does. Practice runs no programs: it knows the one that takes Felix's rules out of a node. */
export function runInPod(
  site: Site,
  { namespace, name }: { readonly namespace: string; readonly name: string },
  command: readonly string[],
): CommandResult {
  const pod: KubeObject | undefined = site.store.get(podResource, namespace, name)
  if (pod === undefined || !isReady(pod))
    return { code: 1, stdout: '', stderr: `error: unable to upgrade connection: pod ${name} does not run` }
  const tool = command.find((word): word is keyof typeof cleaners => word in cleaners)
  if (command[0] !== 'sh' || tool === undefined)
    return { code: 127, stdout: '', stderr: `${command[0] ?? ''}: not known in practice` }
  site.machines.get(nodeOf(pod))?.felix.delete(cleaners[tool])
  return { code: 0, stdout: '', stderr: '' }
}

interface Container {
  readonly name: string
  readonly env?: readonly { readonly name: string; readonly value?: string }[]
}

/** Felix writes rules and sets of IPv6 where it is told to, and leaves them when it is told so no more. */
export function noteRules(site: Site, pod: KubeObject): void {
  const { containers = [] } = (pod['spec'] ?? {}) as { containers?: readonly Container[] }
  const isOn = containers.some(({ env }) =>
    env?.some(one => one.name === 'FELIX_IPV6SUPPORT' && one.value === 'true'),
  )
  if (isOn) site.machines.get(nodeOf(pod))?.felix.add('IPv6')
}
