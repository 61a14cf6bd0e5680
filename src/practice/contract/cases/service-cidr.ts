import { contractCase, type Phase } from '../case.ts'
import { ports, selector, stackOf } from '../services.ts'
import { field, type Trial } from '../trial.ts'

const cidrs = 'networking.k8s.io/v1/servicecidrs'
const addresses = 'networking.k8s.io/v1/ipaddresses'
const own = (name: string, ranges: readonly string[]) => ({
  apiVersion: 'networking.k8s.io/v1',
  kind: 'ServiceCIDR',
  metadata: { name },
  spec: { cidrs: ranges },
})
const both = ({ place }: Trial) => [place.primary, place.secondary].map(family => place.services[family])
const kubernetes = (trial: Trial) => trial.read(cidrs, undefined, 'kubernetes')
const readyOf = async (trial: Trial, name: string) =>
  field<readonly { type: string; status: string }[]>(
    await trial.read(cidrs, undefined, name),
    'status',
    'conditions',
  )?.find(({ type }) => type === 'Ready')?.status

const holdsPair = (phase: Phase, title: string) =>
  contractCase(`service-cidr/pair-${phase}`, title, { phase }, async trial => {
    trial.same(field(await kubernetes(trial), 'spec', 'cidrs'), both(trial), 'cidrs')
    trial.same(await readyOf(trial, 'kubernetes'), 'True', 'Ready')
  })

/** The ServiceCIDR and IPAddress objects. */
export const serviceCIDR = [
  contractCase(
    'service-cidr/single',
    'ServiceCIDR kubernetes holds the range of the API server, and is Ready',
    {},
    async trial => {
      trial.same(
        field(await kubernetes(trial), 'spec', 'cidrs'),
        [trial.place.services[trial.place.primary]],
        'cidrs',
      )
      trial.same(await readyOf(trial, 'kubernetes'), 'True', 'Ready')
    },
  ),
  holdsPair('dual', 'ServiceCIDR kubernetes becomes a pair once the API server has two ranges'),
  holdsPair(
    'returned',
    'ServiceCIDR kubernetes stays a pair, and Ready, when the API server has one range again',
  ),
  contractCase(
    'service-cidr/immutable',
    'a pair never becomes one again, nor another',
    { phase: 'dual' },
    async trial => {
      const found = await kubernetes(trial)
      for (const ranges of [[trial.place.services[trial.place.primary]], both(trial).toReversed()])
        await trial.refused(
          trial.api.replace(cidrs, { ...found, spec: { cidrs: ranges } }),
          422,
          'Invalid',
          'ServiceCIDR.networking.k8s.io "kubernetes" is invalid: *field is immutable',
        )
    },
  ),
  ...(
    [
      [
        'host-bits',
        ['192.0.2.5/24'],
        'spec.cidrs[0]: Invalid value: "192.0.2.5/24": must not have bits set beyond the prefix length',
      ],
      [
        'no-cidr',
        ['here'],
        'spec.cidrs[0]: Invalid value: "here": must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)',
      ],
      [
        'one-family',
        ['192.0.2.0/24', '198.51.100.0/24'],
        'may specify no more than one IP for each IP family, i.e 192.168.0.0/24 and 2001:db8::/64',
      ],
      ['three', ['192.0.2.0/24', '2001:db8::/112', '198.51.100.0/24'], 'may only hold up to 2 values'],
      ['none', [], 'spec.cidrs: Required value: at least one CIDR required'],
      [
        'not-canonical',
        ['2001:DB8::/112'],
        'spec.cidrs[0]: Invalid value: "2001:DB8::/112": must be in canonical form ("2001:db8::/112")',
      ],
    ] as const
  ).map(([id, ranges, says]) =>
    contractCase(
      `service-cidr/refuses-${id}`,
      `a ServiceCIDR of ${ranges.join(',') || 'nothing'} is refused`,
      {},
      async trial => {
        await trial.refused(
          trial.api.create(cidrs, own(trial.namespace, ranges)),
          422,
          'Invalid',
          `ServiceCIDR.networking.k8s.io "${trial.namespace}" is invalid: *${says}`,
        )
      },
    ),
  ),
  contractCase(
    'service-cidr/second',
    'a second ServiceCIDR becomes Ready, its addresses may be used, and it goes when they are gone',
    {},
    async trial => {
      const name = trial.namespace
      const [range, address] =
        trial.place.primary === 'IPv4'
          ? ['10.202.0.0/24', '10.202.0.9']
          : ['fd00:c0de:2::/112', 'fd00:c0de:2::9']
      await trial.api.create(cidrs, own(name, [range]))
      try {
        await trial.eventually('it is Ready', async () => (await readyOf(trial, name)) === 'True')
        const made = await trial.eventually('its addresses may be used', () =>
          trial.service({ clusterIP: address, selector, ports }),
        )
        trial.same(stackOf(made).clusterIPs, [address], 'clusterIPs')
        await trial.api.delete('v1/services', trial.namespace, made.metadata.name)
      } finally {
        await trial.api.delete(cidrs, undefined, name)
      }
      await trial.eventually(
        'it is gone',
        async () => (await trial.api.get(cidrs, undefined, name)) === undefined,
      )
    },
  ),
  contractCase(
    'service-cidr/addresses',
    'each ClusterIP is an IPAddress that names its Service, and goes with it',
    { phase: 'dual' },
    async trial => {
      const made = await trial.service({ ipFamilyPolicy: 'RequireDualStack', selector, ports })
      const { clusterIPs = [] } = stackOf(made)
      for (const address of clusterIPs) {
        const found = await trial.read(addresses, undefined, address)
        trial.same(
          field(found, 'spec', 'parentRef'),
          { resource: 'services', namespace: trial.namespace, name: made.metadata.name },
          'parentRef',
        )
      }
      await trial.api.delete('v1/services', trial.namespace, made.metadata.name)
      for (const address of clusterIPs)
        await trial.eventually(
          'it is gone',
          async () => (await trial.api.get(addresses, undefined, address)) === undefined,
        )
    },
  ),
]
