import type { RefusedError } from '../../base/errors.ts'
import { fileOf } from '../../model/changes.ts'
import type { Cluster } from '../../model/cluster.ts'
import { getTexts } from '../../model/fields.ts'
import type { StatusRow } from '../../model/layer.ts'
import { readFlags } from '../../text/manifest.ts'
import { type Flags, ownFlags } from '../shared/controller-manager-flags.ts'
import { attempt } from '../shared/edit.ts'
import { byFamily } from '../shared/pair.ts'
import { rowsOf } from '../shared/rows.ts'
import { instancesOf, manifestPath, noteOf, runningFlags } from '../shared/static-pod.ts'

export const component = 'kube-controller-manager'

export interface ControllerManagerState {
  readonly cluster: Cluster
  readonly instances: readonly Instance[]
}

export interface Instance {
  readonly node: string
  /** Of the manifest; undefined: it was not read, or not understood. */
  readonly configured: Flags | undefined
  /** Why its manifest cannot be understood. */
  readonly refused: RefusedError | undefined
  /** Does it give nodes their pod ranges? Otherwise none of the masks is looked at. */
  readonly allocates: boolean
  readonly running: Flags | undefined
}

export function readControllerManagers(cluster: Cluster): ControllerManagerState | undefined {
  const nodes = instancesOf(cluster, component)
  if (nodes.length === 0) return undefined
  return {
    cluster,
    instances: nodes.map(node => {
      const path = manifestPath(component)
      const file = fileOf(cluster, node, path)
      const { value: flags, refused } = attempt(`${node}:${path}`, () =>
        file ? readFlags(file.text, component) : undefined,
      )
      const allocate = flags?.get('allocate-node-cidrs')
      return {
        node,
        refused,
        configured: flags && pick(name => flags.get(name)),
        // '' stands for a bare `--allocate-node-cidrs`; Go's ParseBool takes 1, t and T too.
        allocates: allocate !== undefined && ['', 'true', '1', 't', 'T', 'TRUE', 'True'].includes(allocate),
        running: running(cluster, node),
      }
    }),
  }
}

function running(cluster: Cluster, node: string): Flags | undefined {
  const flags = runningFlags(cluster, node, component)
  return flags && pick(name => flags.get(name))
}

function pick(get: (name: string) => string | undefined): Flags {
  return Object.fromEntries(
    ownFlags.flatMap(name => {
      const value = get(name)
      return value === undefined ? [] : [[name, value]]
    }),
  )
}

/** The podCIDRs of a Node, in the order that the controller manager matches with its ranges. */
export function podCIDRsOf(
  cluster: Cluster,
): readonly { readonly node: string; readonly cidrs: readonly string[] }[] {
  return (cluster.objects['v1/nodes'] ?? []).map(node => ({
    node: node.metadata.name,
    cidrs: getTexts(node, ['spec', 'podCIDRs']),
  }))
}

export const statusOfControllerManagers = ({ instances }: ControllerManagerState): readonly StatusRow[] => [
  ...rowsOf(
    `${component} pods`,
    instances.map(instance => rowOf(instance, 'cluster-cidr')),
  ),
  ...rowsOf(
    `${component} services`,
    instances.map(instance => rowOf(instance, 'service-cluster-ip-range')),
  ),
]

const rowOf = ({ node, configured, running, refused }: Instance, flag: string) => ({
  node,
  row: {
    configured: byFamily(configured?.[flag]),
    running: byFamily(running?.[flag]),
    ...noteOf(refused, running !== undefined),
  },
})
