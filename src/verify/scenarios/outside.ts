import type { Family } from '../../address/family.ts'
import type { Ask, Skipped } from '../../model/verification.ts'
import type { External } from '../context.ts'
import { askOf, here, type Scenario, skip } from '../scenario.ts'

/** What of the user's has addresses for the outside; nothing of it is made for the occasion, as that costs money in a cloud. */
function asksOf(
  id: string,
  family: Family,
  all: readonly External[],
  how: Pick<Ask, 'protocol'> & {
    readonly kind: Ask['to']['kind']
    readonly none: string
    readonly noun: string
  },
): readonly (Ask | Skipped)[] {
  if (all.length === 0) return skip(id, family, how.none)
  const names = [...new Set(all.map(({ name }) => name))]
  return names.flatMap((name): readonly (Ask | Skipped)[] => {
    const targets = all.filter(one => one.name === name && one.family === family)
    if (targets.length === 0) return skip(id, family, `${how.noun} ${name} has no ${family} address`)
    return targets.map(({ address, port, host, path }) =>
      askOf(id, family, {
        protocol: how.protocol,
        from: here,
        to: { kind: how.kind, name },
        address,
        port,
        host,
        path,
        mark: [host, path, port].filter(part => part !== undefined).join(':'),
      }),
    )
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
      none: 'no Service of type LoadBalancer has an address',
      noun: 'the Service',
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
      none: 'no Ingress has an address in its status: no controller answers for one',
      noun: 'the Ingress',
    })
  },
}
