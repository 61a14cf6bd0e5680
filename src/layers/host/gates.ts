import type { Gate } from '../../model/plan.ts'
import { gateKind, holds, waits } from '../shared/gate.ts'
import type { Setting } from './settings.ts'

interface Settings {
  readonly node: string
  readonly settings: readonly Setting[]
}

export const holdsSettings = (node: string, settings: readonly Setting[]): Gate => ({
  id: 'host/settings',
  args: { node, settings: settings.map(({ key, value }) => ({ key, value })) },
  within: 10,
  steady: 0,
  because: 'a setting may be refused by the kernel, or be put back by a daemon that watches it',
})

export const settingsGate = gateKind<Settings>({
  reads: ({ node }) => [{ kind: 'node', node }],
  judge(cluster, { node, settings }) {
    const sysctls = cluster.nodes[node]?.sysctls ?? {}
    const differing = settings.filter(({ key, value }) => sysctls[key] !== value)
    if (differing.length === 0)
      return holds(`${node}: ${settings.map(({ key, value }) => `${key} = ${value}`).join(', ')}`)
    return waits(
      `${node}: ${differing.map(({ key }) => `${key} = ${sysctls[key] ?? 'not there'}`).join(', ')}`,
    )
  },
})
