import type { Family } from '../../address/family.ts'
import type { Ask, Skipped } from '../../model/verification.ts'
import type { Entrance } from '../context.ts'
import { askOf, here, type Scenario, skip } from '../scenario.ts'

interface How {
  readonly protocol: Ask['protocol']
  readonly kind: Ask['to']['kind']
  /** What is said where there is nothing of the kind. */
  readonly none: string
}

/** What of the user's has addresses for the outside; nothing of it is made for the occasion, as that costs money in a cloud. */
function asksOf(
  id: string,
  family: Family,
  all: readonly Entrance[],
  { protocol, kind, none }: How,
): readonly (Ask | Skipped)[] {
  if (all.length === 0) return skip(id, family, none)
  return all.flatMap(({ name, targets, lacks }): readonly (Ask | Skipped)[] => {
    const lack = lacks[family]
    if (lack !== undefined) return skip(id, family, lack)
    const marks = new Map<string, number>()
    return targets
      .filter(target => target.family === family)
      .map(({ address, port, host, path }) => {
        const mark = [host, path, port].filter(part => part !== undefined).join(':')
        const before = marks.get(mark) ?? 0
        marks.set(mark, before + 1)
        return askOf(id, family, {
          protocol,
          from: here,
          to: { kind, name },
          address,
          port,
          host,
          path,
          // Several addresses of one family: an id names none of them.
          mark: before === 0 ? mark : `${mark}:${before + 1}`,
        })
      })
  })
}

export const outsideToLoadBalancer: Scenario = {
  id: 'outside-to-load-balancer',
  title: 'outside to LoadBalancer',
  layer: 'services',
  topic: 'service',
  asks(context, family) {
    return asksOf(this.id, family, context.loadBalancers, {
      protocol: 'TCP',
      kind: 'service',
      none: 'there is no Service of type LoadBalancer',
    })
  },
}

export const outsideToIngress: Scenario = {
  id: 'outside-to-ingress',
  title: 'outside to Ingress',
  layer: 'services',
  topic: 'ingress',
  asks(context, family) {
    return asksOf(this.id, family, context.ingresses, {
      protocol: 'HTTP',
      kind: 'ingress',
      none: 'there is no Ingress',
    })
  },
}
