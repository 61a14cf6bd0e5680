import { askOf, noPodHas, peers, podPlace, podsLack, type Scenario, skip } from '../scenario.ts'

const id = 'pod-to-outside'

/** What stands out there and answers HTTP tells the source address that it saw: translated, or the pod's own. */
export const podToOutside: Scenario = {
  id,
  title: 'pod to outside',
  layer: 'cni',
  topic: 'pod',
  asks(context, family) {
    const targets = context.outside.filter(target => target.family === family)
    if (targets.length === 0)
      return skip(id, family, `no ${family} address outside was named: --outside ADDRESS:PORT`)
    if (noPodHas(context, family)) return skip(id, family, podsLack(family))
    return peers(context).flatMap(from =>
      targets.map(({ name, address, port, path }) =>
        askOf(id, family, {
          protocol: 'HTTP',
          from: podPlace(from),
          to: { kind: 'outside', name },
          address,
          port,
          path,
        }),
      ),
    )
  },
}
