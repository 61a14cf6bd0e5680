import type { Goal } from '../../model/goal.ts'
import type { ObjectChange, Step } from '../../model/plan.ts'
import { secondsToForget } from '../shared/dns.ts'
import { isLeft } from '../shared/leave.ts'
import { isKeptElsewhere } from '../shared/none-dual.ts'
import { hold, release, type Service, serviceKey, toDual, toSingle } from '../shared/service.ts'
import { choose } from './choose.ts'
import type { EndpointsArgs } from '../shared/endpoint-gates.ts'
import type { Services } from './read.ts'

const waiting = (service: Service): boolean =>
  service.policy === 'PreferDualStack' && service.families.length === 1

export function serviceSteps(state: Services, goal: Goal, stage: string): readonly Step[] {
  const isBack = goal.families.length === 1
  switch (stage) {
    case 'hold-services':
      return isBack ? [] : holdSteps(state, stage)
    case 'services':
      return isBack ? singleSteps(state, goal, stage) : dualSteps(state, goal, stage)
    case 'release-services':
      return isBack ? releaseSteps(state, stage) : []
    default:
      return []
  }
}

const count = (services: readonly unknown[]): string =>
  `${services.length} ${services.length === 1 ? 'Service' : 'Services'}`

const changesOf = (
  services: readonly Service[],
  change: (service: Service) => ObjectChange | undefined,
): readonly ObjectChange[] => services.flatMap(service => change(service) ?? [])

const names = (services: readonly Service[]): readonly string[] => services.map(serviceKey)

function holdSteps(state: Services, stage: string): readonly Step[] {
  const held = state.held.filter(waiting)
  if (held.length === 0) return []
  return [
    {
      id: 'services/hold',
      stage,
      layer: 'services',
      title: `Hold ${count(held)} with PreferDualStack at SingleStack`,
      why: 'On a dual-stack API server any PUT that leaves ipFamilies out, as deployment tools send it, would turn them dual before their pods are.',
      interrupts: [],
      leaves: [],
      needs: [],
      changes: changesOf(held, hold),
      refreshes: [],
      gates: [],
    },
  ]
}

function dualSteps(state: Services, goal: Goal, stage: string): readonly Step[] {
  const { convert } = choose(state, goal)
  if (convert.length === 0) return []
  const added = goal.families.filter(family => convert.some(service => !service.families.includes(family)))
  const args: EndpointsArgs = { services: names(convert), families: added }
  return [
    {
      id: 'services/dual',
      stage,
      layer: 'services',
      title: `Give ${count(convert)} ${goal.families.join(' and ')}`,
      why: 'Existing Services stay single-stack unless each is changed; their first ClusterIP is kept.',
      interrupts: [],
      leaves: [],
      needs: [
        {
          id: 'services/reachable',
          args: { ...args },
          within: 120,
          steady: 0,
          because: 'DNS names the new address at once: what answers there must answer before',
        },
      ],
      changes: changesOf(convert, service => toDual(service, goal.families)),
      refreshes: [],
      gates: [
        {
          id: 'services/endpoints',
          args: { services: names(convert), families: [...goal.families] },
          within: 300,
          steady: 1,
          because: 'a Service without endpoints in a family refuses connections on it',
        },
      ],
    },
  ]
}

function singleSteps(state: Services, goal: Goal, stage: string): readonly Step[] {
  const [primary] = goal.families
  const dual = state.services.filter(service => service.families.length > 1 && !isKeptElsewhere(service))
  const able = dual.filter(service => service.families[0] === primary && !isLeft(service.object))
  if (able.length === 0) return []
  return [
    {
      id: 'services/single',
      stage,
      layer: 'services',
      title: `Take ${count(able)} back to ${goal.families.join(' and ')}`,
      why: 'A single-stack API server refuses every update of a dual-stack Service.',
      interrupts: [
        {
          what: 'clients that had chosen the address that goes are refused at once, and must try the other',
          seconds: 0,
        },
      ],
      leaves: [],
      needs: [],
      changes: changesOf(able, toSingle),
      refreshes: [],
      gates: [
        {
          id: 'services/endpoints',
          args: { services: names(able), families: [...goal.families] },
          within: 300,
          steady: secondsToForget(state.cluster),
          because: 'names keep their old addresses in clients until the TTL of cluster DNS is over',
        },
      ],
    },
  ]
}

function releaseSteps(state: Services, stage: string): readonly Step[] {
  const held = state.held.filter(service => service.ownPolicy !== undefined && service.families.length === 1)
  if (held.length === 0) return []
  return [
    {
      id: 'services/release',
      stage,
      layer: 'services',
      title: `Give ${count(held)} the policy back that their owner wrote`,
      why: 'On a single-stack API server PreferDualStack keeps one family.',
      interrupts: [],
      leaves: [],
      needs: [],
      changes: changesOf(held, release),
      refreshes: [],
      gates: [],
    },
  ]
}
