import { contains, formatCIDR, overlaps, parseCIDR, tryParseCIDR } from '../../address/index.ts'
import { subnets } from '../../address/cidr.ts'
import { fieldChange, objectChange } from '../../model/changes.ts'
import type { Change } from '../../model/plan.ts'
import type { Simulation } from '../../model/simulation.ts'
import { instancesOf, mirrorOf, runningFlags } from '../shared/static-pod.ts'
import { component, podCIDRsOf } from './read.ts'

/**
 * A Node without podCIDRs gets a block of each range of --cluster-cidr, where the controller manager hands them out. One that has some never
 * gets another (range_allocator.go).
 */
export const simulateControllerManager: Simulation = {
  reacts(cluster) {
    const node = instancesOf(cluster, component).find(
      name => mirrorOf(cluster, name, component)?.ready === true,
    )
    const flags = node === undefined ? undefined : runningFlags(cluster, node, component)
    if (flags?.get('allocate-node-cidrs') !== 'true') return []
    const ranges = (flags.get('cluster-cidr') ?? '')
      .split(',')
      .flatMap(text => tryParseCIDR(text, { allowHostBits: true }) ?? [])
    const nodes = podCIDRsOf(cluster)
    const taken = nodes.flatMap(one => one.cidrs.map(cidr => parseCIDR(cidr)))
    return nodes
      .filter(one => one.cidrs.length === 0)
      .flatMap((one): readonly Change[] => {
        const blocks = ranges.flatMap(range => {
          const width = Number(
            flags.get(`node-cidr-mask-size-${range.family.toLowerCase()}`) ??
              (range.family === 'IPv4' ? 24 : 64),
          )
          for (const block of subnets(range, width))
            if (!taken.some(other => overlaps(other, block)) && contains(range, block)) return [block]
          return []
        })
        taken.push(...blocks)
        const object = cluster.objects['v1/nodes']?.find(({ metadata }) => metadata.name === one.node)
        const texts = blocks.map(formatCIDR)
        const change = objectChange({ kind: 'object', api: 'v1/nodes', name: one.node }, [
          fieldChange(object, ['spec', 'podCIDR'], texts[0] ?? null),
          fieldChange(object, ['spec', 'podCIDRs'], texts.length === 0 ? null : texts),
        ])
        return change === undefined ? [] : [change]
      })
  },
}
