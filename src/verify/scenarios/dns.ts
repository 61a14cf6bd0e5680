import { families } from '../../address/family.ts'
import { askOf, noPodHas, peers, podPlace, podsLack, type Scenario, skip } from '../scenario.ts'

const id = 'dns'
const records = { IPv4: 'A', IPv6: 'AAAA' } as const

/** Each record is asked over each family: what a name has, and how one comes to ask, are two things. The headless name must give pods. */
export const dns: Scenario = {
  id,
  title: 'DNS',
  layer: 'dns',
  topic: 'service',
  asks(context, family) {
    if (context.dns === undefined) return skip(id, family, 'no Service kube-dns in kube-system')
    if (noPodHas(context, family)) return skip(id, family, podsLack(family))
    const { domain } = context.dns
    const address = context.dns.addresses[family]
    if (address === undefined) return skip(id, family, `the DNS Service has no ${family} ClusterIP`)
    const names = families.flatMap(record => [
      ...(context.services.web.clusterIPs[record] === undefined ? [] : [{ service: 'web', record }]),
      ...(noPodHas(context, record) ? [] : [{ service: 'headless', record }]),
    ])
    return peers(context).flatMap(from =>
      names.map(({ service, record }) =>
        askOf(id, family, {
          protocol: 'DNS',
          from: podPlace(from),
          to: { kind: 'dns', name: 'kube-dns' },
          address,
          port: 53,
          host: `${service}.${context.namespace}.svc.${domain}`,
          record: records[record],
          mark: `${service}-${records[record]}`,
        }),
      ),
    )
  },
}
