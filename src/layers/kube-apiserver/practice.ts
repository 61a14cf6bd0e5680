import { fieldChange, findObject, objectChange } from '../../model/changes.ts'
import type { Cluster } from '../../model/cluster.ts'
import type { Change } from '../../model/plan.ts'
import type { Simulation } from '../../model/simulation.ts'
import { instancesOf, mirrorOf, runningFlags } from '../shared/static-pod.ts'
import { component, followsFlag, rangeFlag, serviceCIDROf, serviceCIDRs } from './read.ts'

/**
 * The controller of the default ServiceCIDR, in each API server that is ready: of one range it makes the pair of its own flag where the first
 * is the same text (1.33 and later). Everything else it leaves as it is (kubernetes.md 2.2).
 */
export const simulateAPIServer: Simulation = {
  reacts(cluster) {
    const cidrs = serviceCIDROf(cluster)
    const object = findObject(cluster, serviceCIDRs, undefined, 'kubernetes')
    if (!followsFlag(cluster) || cluster.objects[serviceCIDRs] === undefined) return []
    const flags = instancesOf(cluster, component).flatMap(node => flagOf(cluster, node) ?? [])
    if (object === undefined) return flags.slice(0, 1).map(make)
    if (cidrs?.length !== 1) return []
    const pair = flags
      .map(flag => flag.split(','))
      .find(ranges => ranges.length === 2 && ranges[0] === cidrs[0])
    if (pair === undefined) return []
    const target = { kind: 'object', api: serviceCIDRs, name: 'kubernetes' } as const
    return [objectChange(target, [fieldChange(object, ['spec', 'cidrs'], pair)])].filter(
      change => change !== undefined,
    )
  },
}

/** It is there, or an API server makes it from its own flag. */
const make = (flag: string): Change => ({
  target: { kind: 'object', api: serviceCIDRs, name: 'kubernetes' },
  existence: 'create',
  fields: [{ path: ['spec'], before: null, after: { cidrs: flag.split(',') } }],
})

const flagOf = (cluster: Cluster, node: string): string | undefined =>
  mirrorOf(cluster, node, component)?.ready === true
    ? runningFlags(cluster, node, component)?.get(rangeFlag)
    : undefined
