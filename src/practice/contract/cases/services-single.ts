import { contractCase } from '../case.ts'
import { editService, hasStack, invalid, ports, selector, stackOf, withSpec } from '../services.ts'
import { field, type Trial } from '../trial.ts'

const services = 'v1/services'

/** What a single-stack API server makes of Services. */
export const servicesSingle = [
  contractCase(
    'services-single/defaults',
    'a Service without families is SingleStack of the primary family, with the defaults of its fields',
    {},
    async trial => {
      const made = await trial.service({ selector, ports })
      hasStack(trial, made, 'SingleStack', [trial.place.primary])
      const {
        type,
        sessionAffinity,
        internalTrafficPolicy,
        ports: found,
      } = made['spec'] as Record<string, unknown>
      trial.same([type, sessionAffinity, internalTrafficPolicy], ['ClusterIP', 'None', 'Cluster'], 'defaults')
      trial.same(found, [{ protocol: 'TCP', port: 80, targetPort: 80 }], 'ports')
    },
  ),
  contractCase(
    'services-single/node-port',
    'a NodePort Service gets a port, and external traffic policy Cluster',
    {},
    async trial => {
      const made = await trial.service({ type: 'NodePort', selector, ports })
      const port = field<readonly { nodePort: number }[]>(made, 'spec', 'ports')?.[0]?.nodePort ?? 0
      trial.holds(port >= 30000 && port <= 32767, `nodePort ${port}`)
      trial.same(field(made, 'spec', 'externalTrafficPolicy'), 'Cluster', 'externalTrafficPolicy')
      await invalid(
        trial,
        trial.service({ type: 'NodePort', selector, ports: [{ port: 80, nodePort: port }] }),
        `spec.ports[0].nodePort: Invalid value: ${port}: provided port is already allocated`,
      )
    },
  ),
  contractCase(
    'services-single/prefer',
    'PreferDualStack is accepted, and keeps one family',
    {},
    async trial => {
      hasStack(
        trial,
        await trial.service({ ipFamilyPolicy: 'PreferDualStack', selector, ports }),
        'PreferDualStack',
        [trial.place.primary],
      )
    },
  ),
  contractCase(
    'services-single/headless',
    'headless with a selector is SingleStack, without one RequireDualStack',
    {},
    async trial => {
      const { primary, secondary } = trial.place
      const none = { clusterIP: 'None', ports }
      trial.same(
        stackOf(await trial.service({ ...none, selector })),
        { policy: 'SingleStack', families: [primary], clusterIPs: ['None'] },
        'with a selector',
      )
      trial.same(
        stackOf(await trial.service(none)),
        { policy: 'RequireDualStack', families: [primary, secondary], clusterIPs: ['None'] },
        'without a selector',
      )
    },
  ),
  contractCase(
    'services-single/external-name',
    'ExternalName has no families and no ClusterIP',
    {},
    async trial => {
      const made = await trial.service({ type: 'ExternalName', externalName: 'example.com' })
      trial.same(stackOf(made), { policy: undefined, families: undefined, clusterIPs: undefined }, 'families')
      await invalid(
        trial,
        trial.service({ type: 'ExternalName', externalName: 'example.com', ipFamilyPolicy: 'SingleStack' }),
        'spec.ipFamilyPolicy: Forbidden: may not be set for ExternalName services',
      )
    },
  ),
  contractCase('services-single/chosen-address', 'a ClusterIP may be chosen, once', {}, async trial => {
    const first = await trial.service({ selector, ports })
    const address = field<string>(first, 'spec', 'clusterIP') ?? ''
    await invalid(
      trial,
      trial.service({ clusterIP: address, selector, ports }),
      `spec.clusterIPs: Invalid value: *: failed to allocate IP ${address}: provided IP is already allocated`,
    )
    await trial.api.delete(services, trial.namespace, first.metadata.name)
    const second = await trial.service({ clusterIP: address, selector, ports })
    trial.same(field(second, 'spec', 'clusterIPs'), [address], 'clusterIPs after it is free')
  }),
  contractCase(
    'services-single/dry-run',
    'a dry run says what the write would say, and takes no address',
    {},
    async trial => {
      const made = await trial.service({ selector, ports }, { dryRun: true })
      trial.same(stackOf(made).families, [trial.place.primary], 'families')
      trial.same(await trial.list(services), [], 'stored')
      await invalid(
        trial,
        trial.service({ ipFamilyPolicy: 'RequireDualStack', selector, ports }, { dryRun: true }),
        'spec.ipFamilyPolicy: Invalid value: "RequireDualStack": this cluster is not configured for dual-stack services',
      )
    },
  ),
  contractCase(
    'services-single/kept',
    'an update that leaves address, families and policy out keeps them',
    {},
    async trial => {
      const made = await trial.service({ selector, ports })
      const gone = {
        clusterIP: undefined,
        clusterIPs: undefined,
        ipFamilies: undefined,
        ipFamilyPolicy: undefined,
      }
      const after = await editService(trial, made, gone)
      trial.same(stackOf(after), stackOf(made), 'families')
    },
  ),
  contractCase(
    'services-single/to-prefer',
    'a Service may be made PreferDualStack and back, and keeps one family',
    {},
    async trial => {
      const made = await trial.service({ selector, ports })
      const prefers = await editService(trial, made, { ipFamilyPolicy: 'PreferDualStack' })
      trial.same(stackOf(prefers), { ...stackOf(made), policy: 'PreferDualStack' }, 'PreferDualStack')
      const back = await editService(trial, made, { ipFamilyPolicy: 'SingleStack' })
      trial.same(stackOf(back), stackOf(made), 'back')
    },
  ),
  contractCase('services-single/fixed-address', 'the first ClusterIP never changes', {}, async trial => {
    const made = await trial.service({ selector, ports })
    const other = await trial.service({ selector, ports })
    const address = field<string>(other, 'spec', 'clusterIP') ?? ''
    await trial.api.delete(services, trial.namespace, other.metadata.name)
    await invalid(
      trial,
      trial.api.replace(services, withSpec(made, { clusterIP: address, clusterIPs: [address] })),
      'spec.clusterIPs[0]: Invalid value: *: may not change once set',
    )
  }),
  ...refusals([
    [
      'require',
      'RequireDualStack',
      () => ({ ipFamilyPolicy: 'RequireDualStack' }),
      () =>
        'spec.ipFamilyPolicy: Invalid value: "RequireDualStack": this cluster is not configured for dual-stack services',
    ],
    [
      'other-family',
      'the other family',
      ({ place }) => ({ ipFamilies: [place.secondary] }),
      ({ place }) =>
        `spec.ipFamilies[0]: Invalid value: "${place.secondary}": not configured on this cluster`,
    ],
    [
      'both-families',
      'both families',
      ({ place }) => ({ ipFamilies: [place.primary, place.secondary], ipFamilyPolicy: 'PreferDualStack' }),
      ({ place }) =>
        `spec.ipFamilies[1]: Invalid value: "${place.secondary}": not configured on this cluster`,
    ],
    [
      'other-address',
      'an address of the other family',
      ({ place }) => ({ clusterIP: place.secondary === 'IPv6' ? 'fd00:c0de::1' : '10.201.0.9' }),
      ({ place }) =>
        `spec.clusterIPs[0]: Invalid value: *: ${place.secondary} is not configured on this cluster`,
    ],
    [
      'list-alone',
      'clusterIPs without clusterIP',
      ({ place }) => ({ clusterIPs: [place.secondary === 'IPv6' ? 'fd00:c0de::1' : '10.201.0.9'] }),
      () => 'spec.clusterIPs: Invalid value: *: must be empty when `clusterIP` is not specified',
    ],
    [
      'same-family',
      'one family twice',
      ({ place }) => ({ ipFamilies: [place.primary, place.primary] }),
      ({ place }) => `spec.ipFamilies[1]: Duplicate value: "${place.primary}"`,
    ],
    [
      'unknown-family',
      'a family that is none',
      () => ({ ipFamilies: ['IPv5'] }),
      () => 'spec.ipFamilies[0]: Unsupported value: "IPv5": supported values: "IPv4", "IPv6"',
    ],
    [
      'unknown-policy',
      'a policy that is none',
      () => ({ ipFamilyPolicy: 'DualStack' }),
      () =>
        'spec.ipFamilyPolicy: Unsupported value: "DualStack": supported values: "PreferDualStack", "RequireDualStack", "SingleStack"',
    ],
    [
      'out-of-range',
      'an address outside the range',
      ({ place }) => ({ clusterIP: place.primary === 'IPv4' ? '192.0.2.9' : '2001:db8::9' }),
      () =>
        'spec.clusterIPs: Invalid value: *: failed to allocate IP *: the provided network does not match the current range',
    ],
    [
      'no-address',
      'a ClusterIP that is no address',
      () => ({ clusterIP: 'here' }),
      () => 'spec.clusterIPs[0]: Invalid value: "here": must be a valid IP address',
    ],
    [
      'low-port',
      'a node port outside the range',
      () => ({ type: 'NodePort', ports: [{ port: 80, nodePort: 80 }] }),
      () =>
        'spec.ports[0].nodePort: Invalid value: 80: provided port is not in the valid range. The range of valid ports is 30000-32767',
    ],
    ['no-ports', 'no port at all', () => ({ ports: [] }), () => 'spec.ports: Required value'],
    [
      'headless-node-port',
      'NodePort without a ClusterIP',
      () => ({ type: 'NodePort', clusterIP: 'None' }),
      () => 'spec.clusterIPs[0]: Invalid value: "None": may not be set to \'None\' for NodePort services',
    ],
    [
      'source-ranges',
      'source ranges on a ClusterIP',
      () => ({ loadBalancerSourceRanges: ['192.0.2.0/24'] }),
      () => "spec.LoadBalancerSourceRanges: Forbidden: may only be used when `type` is 'LoadBalancer'",
    ],
  ]),
]

type Row = readonly [id: string, what: string, spec: (trial: Trial) => object, says: (trial: Trial) => string]

function refusals(rows: readonly Row[]) {
  return rows.map(([id, what, spec, says]) =>
    contractCase(`services-single/refuses-${id}`, `${what} is refused`, {}, async trial => {
      await invalid(trial, trial.service({ selector, ports, ...spec(trial) }), says(trial))
      trial.same(await trial.list(services), [], 'stored')
    }),
  )
}
