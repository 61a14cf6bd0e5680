import type { Family } from '../../address/family.ts'
import type { Goal } from '../../model/goal.ts'
import type { KubeObject, Pod } from '../../model/cluster.ts'
import { listed } from '../shared/families.ts'
import { type Slice, slicesByService } from '../shared/endpoints.ts'
import { groupBy } from '../shared/group.ts'
import { isLeft, leaveAnnotation } from '../shared/leave.ts'
import { policyRules, policySelector } from '../shared/policy-blocks.ts'
import { selects } from '../shared/selector.ts'
import { type Service, serviceKey } from '../shared/service.ts'
import { whoSelects } from '../shared/who-selects.ts'
import type { Services } from './read.ts'

/** A Service that has one family and stays so; and why. */
export interface HeldBack {
  readonly service: Service
  readonly because: string
  readonly remedy?: string
}

export interface Choice {
  readonly convert: readonly Service[]
  readonly heldBack: readonly HeldBack[]
}

/**
 * Which Services of one family become dual-stack, and which do not.
 * @param familiesOf those that count for a pod
 */
export function choose(
  state: Services,
  goal: Goal,
  familiesOf: (pod: Pod) => readonly Family[] = pod => pod.families,
): Choice {
  const slices = slicesByService(state.cluster)
  const pods = podsByService(state)
  const policies = groupBy(
    state.cluster.objects['networking.k8s.io/v1/networkpolicies'] ?? [],
    policy => policy.metadata.namespace ?? '',
  )
  const convert: Service[] = []
  const heldBack: HeldBack[] = []
  for (const service of state.services) {
    const missing = goal.families.filter(family => !service.families.includes(family))
    if (missing.length === 0) continue
    const key = serviceKey(service)
    const reason = reasonToLeave(service, missing, {
      goal,
      isGoverning: state.governing.has(key),
      pods: pods.get(service) ?? [],
      familiesOf,
      slices: () => slices(key),
      policies: policies.get(service.namespace) ?? [],
    })
    if (reason === undefined) convert.push(service)
    else heldBack.push({ service, ...reason })
  }
  return { convert, heldBack }
}

function podsByService({ services, cluster }: Services): ReadonlyMap<Service, readonly Pod[]> {
  const found = new Map<Service, Pod[]>()
  const selecting = whoSelects(services, ({ namespace, selector = {} }) => ({
    namespace,
    // As in `selectsByMap`: an empty one selects nothing.
    selector: Object.keys(selector).length === 0 ? undefined : { matchLabels: selector },
  }))
  for (const pod of cluster.pods)
    for (const service of selecting(pod)) {
      const pods = found.get(service)
      if (pods === undefined) found.set(service, [pod])
      else pods.push(pod)
    }
  return found
}

interface Context {
  readonly goal: Goal
  readonly isGoverning: boolean
  readonly pods: readonly Pod[]
  readonly familiesOf: (pod: Pod) => readonly Family[]
  readonly slices: () => readonly Slice[]
  readonly policies: readonly KubeObject[]
}

function reasonToLeave(
  service: Service,
  missing: readonly Family[],
  { goal: { include }, isGoverning, pods, familiesOf, slices, policies }: Context,
): { because: string; remedy?: string } | undefined {
  if (isLeft(service.object)) return { because: `its annotation ${leaveAnnotation} says so` }
  if (service.type === 'LoadBalancer' && !include.loadBalancerServices) {
    return {
      because: 'a load balancer may change or lose its external address when a family is added',
      remedy:
        'See that it has a pool of each family and source ranges of each, then ask for LoadBalancer Services.',
    }
  }
  if ((service.isHeadless || isGoverning) && !include.headlessServices) {
    return {
      because: `${isGoverning ? 'it names the pods of a StatefulSet' : 'it is headless'}: clients would at once get the pods' addresses of both families from DNS`,
      remedy: 'See that what talks to it takes both families, then ask for headless Services.',
    }
  }
  if (Object.keys(service.selector ?? {}).length === 0) {
    const kept = slices().some(slice => slice.family !== undefined && missing.includes(slice.family))
    return kept
      ? undefined
      : {
          because: `it has no selector, and nobody keeps endpoints of ${missing.join(' and ')} for it: its new address would refuse`,
          remedy: `Add an EndpointSlice with addressType ${missing[0] ?? ''} for it, then plan again.`,
        }
  }
  const closed = blocking(pods, policies, missing)
  if (closed !== undefined) {
    return {
      because: `NetworkPolicy ${closed.metadata.name} lets clients to its pods by blocks of other families only: its ${missing.join(' and ')} address would refuse them`,
      remedy: `Add ipBlocks of ${missing.join(' and ')} to the policy, then plan again.`,
    }
  }
  // As planned: after their pods were made again. What is left single here is left on purpose (bare pods, Jobs, OnDelete).
  const single = pods.filter(pod => {
    const families = familiesOf(pod)
    return (
      pod.ready && !pod.deleting && families.length > 0 && missing.some(family => !families.includes(family))
    )
  })
  if (single.length === 0) return undefined
  return {
    because: `its pods ${listed(
      single.map(pod => pod.name),
      3,
    )} have no ${missing.join(' and ')} address`,
    remedy: 'Make them again, then plan again.',
  }
}

/** A policy on these pods whose ingress lists addresses, and none of a family that is missing. */
const blocking = (
  pods: readonly Pod[],
  policies: readonly KubeObject[],
  missing: readonly Family[],
): KubeObject | undefined => {
  const labels = [...new Set(pods.map(pod => pod.labels))]
  return policies.find(
    policy =>
      labels.some(one => selects(policySelector(policy), one)) &&
      policyRules(policy).some(
        ({ way, families }) => way === 'ingress' && missing.some(family => !families.has(family)),
      ),
  )
}
