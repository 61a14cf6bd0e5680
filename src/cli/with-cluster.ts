import type { Cluster } from '../model/cluster.ts'
import { clusterOptions } from './cluster-options.ts'
import type { Context } from './context.ts'
import { flag, type Values } from './options.ts'
import { withSource } from './with-source.ts'

/** For commands that do not need a cluster, and know more with one. */
export const maybeClusterOptions = {
  live: flag('ask the live cluster of your kubeconfig too', { group: 'Cluster:' }),
  ...clusterOptions,
}

/** Lists that tell of ranges, and of how many there are; what else layers read has no say here. */
const lists: ReadonlySet<string> = new Set([
  'v1/nodes',
  'v1/pods',
  'v1/services',
  'apps/v1/daemonsets',
  'networking.k8s.io/v1/servicecidrs',
  'crd.projectcalico.org/v1/ippools',
])

/** The cluster that the options name, as far as it can be read; undefined: they name none. */
export async function clusterOf(
  options: Values<typeof maybeClusterOptions>,
  context: Context,
): Promise<Cluster | undefined> {
  const { live, from, kubeconfig, context: name } = options
  if (!live && from === undefined && kubeconfig === undefined && name === undefined) return undefined
  return withSource(options, context, async source => {
    const [{ layers }, { readsOf }] = await Promise.all([
      import('../app/layers.ts'),
      import('../model/layer.ts'),
    ])
    const reads = readsOf(layers).filter(read => read.kind !== 'list' || lists.has(read.resource))
    const cluster = await source.read(reads, { tolerant: true, signal: context.signal })
    for (const [what, why] of Object.entries(cluster.unread))
      context.stderr.write(`not read: ${what}: ${why}\n`)
    return cluster
  })
}
