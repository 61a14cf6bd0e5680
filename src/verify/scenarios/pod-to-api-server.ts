import { askOf, noPodHas, peers, podPlace, podsLack, type Scenario, skip } from '../scenario.ts'

const id = 'pod-to-api-server'

/** Through the Service `kubernetes`, which has one family only unless somebody changed it. */
export const podToApiServer: Scenario = {
  id,
  title: 'pod to API server',
  layer: 'kube-proxy',
  topic: 'pod',
  asks(context, family) {
    if (noPodHas(context, family)) return skip(id, family, podsLack(family))
    const address = context.apiServer[family]
    if (address === undefined)
      return skip(
        id,
        family,
        `the Service kubernetes has no ${family} ClusterIP, as in every dual-stack cluster: its family is the first one`,
      )
    return peers(context).map(from =>
      askOf(id, family, {
        protocol: 'TCP',
        from: podPlace(from),
        to: { kind: 'api-server', name: 'kubernetes' },
        address,
        port: 443,
      }),
    )
  },
}
