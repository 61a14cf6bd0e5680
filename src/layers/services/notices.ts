import type { Family } from '../../address/family.ts'
import type { Cluster, KubeObject } from '../../model/cluster.ts'
import type { Goal } from '../../model/goal.ts'
import type { Notice } from '../../model/plan.ts'
import { changingFamilies } from '../shared/families.ts'
import { isLeft, leaveAnnotation } from '../shared/leave.ts'
import { isKeptElsewhere } from '../shared/none-dual.ts'
import { familiesIn, policyRules } from '../shared/policy-blocks.ts'
import { serviceKey } from '../shared/service.ts'
import { choose } from './choose.ts'
import type { Services } from './read.ts'

/** Asked once, on the cluster as it was found: pods that are still to be made again are no reason here. */
export function serviceNotices(state: Services, goal: Goal): readonly Notice[] {
  return goal.families.length === 1 ? noticesBack(state, goal) : noticesThere(state, goal)
}

function noticesThere(state: Services, goal: Goal): readonly Notice[] {
  // Pods that are still to be made again are no reason to hold a Service back.
  const held = choose(state, goal, () => goal.families).heldBack.map(({ service, because, remedy }) => ({
    layer: 'services',
    object: `Service ${serviceKey(service)}`,
    message: `held back at ${service.families.join(' and ')}: ${because}`,
    ...(remedy === undefined ? {} : { remedy }),
  }))
  return [...held, ...sourceRanges(state, goal), ...policyBlocks(state.cluster, goal)]
}

/** Those that the steps cannot take back. The gate in front of the API servers stops at them, so they are named before anything begins. */
function noticesBack(state: Services, goal: Goal): readonly Notice[] {
  const [primary] = goal.families
  const left = state.services
    .filter(service => service.families.length > 1 && service.families[0] === primary)
    .filter(service => isLeft(service.object))
    .map(service => ({
      layer: 'services',
      object: `Service ${serviceKey(service)}`,
      message: `stays dual-stack, as its annotation ${leaveAnnotation} says: the API servers will refuse every update of it`,
      remedy: 'Take the annotation away to have it go back with the others.',
    }))
  const foreign = state.services
    .filter(service => primary !== undefined && service.families[0] !== primary && !isKeptElsewhere(service))
    .map(service => ({
      layer: 'services',
      object: `Service ${serviceKey(service)}`,
      message: `cannot return: its first family is ${service.families[0] ?? ''}, and the first family and address of a Service are for life. ${
        isLeft(service.object)
          ? `It is left, as its annotation ${leaveAnnotation} says: the API servers will refuse every update of it`
          : 'The run stops before the API servers forget that family'
      }`,
      remedy: `Delete it and make it again with ${primary ?? ''}; or annotate it ${leaveAnnotation}=true, to leave it behind; or stay dual-stack.`,
    }))
  return [...left, ...foreign]
}

/** kube-proxy filters per family: one without a range lets everybody in (kubernetes.md 7.4). */
function sourceRanges(state: Services, goal: Goal): readonly Notice[] {
  return state.services.flatMap(service => {
    const { loadBalancerSourceRanges: ranges } = service.object['spec'] as {
      loadBalancerSourceRanges?: readonly string[]
    }
    if (ranges === undefined || ranges.length === 0) return []
    const open = changingFamilies(goal).filter(family => !familiesIn(ranges).has(family))
    return open.map(family => ({
      layer: 'services',
      object: `Service ${serviceKey(service)}`,
      message: `loadBalancerSourceRanges names no ${family} range: over ${family} its address would be open to everybody`,
      remedy: `Add the ${family} ranges of its clients before it gets the family.`,
    }))
  })
}

function policyBlocks(cluster: Cluster, goal: Goal): readonly Notice[] {
  return (cluster.objects['networking.k8s.io/v1/networkpolicies'] ?? []).flatMap(policy =>
    policyRules(policy).flatMap(({ way, blocks, families }) =>
      changingFamilies(goal)
        .filter(family => !families.has(family))
        .map(family => notice(policy, way, family, blocks)),
    ),
  )
}

const notice = (policy: KubeObject, way: string, family: Family, blocks: readonly string[]): Notice => ({
  layer: 'services',
  object: `NetworkPolicy ${policy.metadata.namespace ?? ''}/${policy.metadata.name}`,
  message: `an ${way} rule lists ${blocks.join(', ')} and no ${family} block: what it lets through over the other family is blocked over ${family}`,
  remedy: `Add ipBlocks of ${family} to that rule before clients use it.`,
})
