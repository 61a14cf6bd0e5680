import { familyOf } from '../../../address/index.ts'
import { contractCase } from '../case.ts'
import { field } from '../trial.ts'
import { ipsOf } from '../workload.ts'

const nodes = 'v1/nodes'

/** Node objects. */
export const nodeCases = [
  contractCase(
    'nodes/pod-cidr',
    'a Node has one block of the pod range, and cannot get a second by an update',
    {},
    async trial => {
      const { controlPlanes, workers, primary } = trial.place
      for (const name of [...controlPlanes, ...workers]) {
        const node = await trial.read(nodes, undefined, name)
        const spec = node['spec'] as { podCIDR?: string; podCIDRs?: readonly string[] }
        trial.same(
          spec.podCIDRs?.map(cidr => familyOf(cidr.replace(/\/.*/, ''))),
          [primary],
          `families of ${name}`,
        )
        trial.same(spec.podCIDR, spec.podCIDRs?.[0], 'podCIDR')
        const second = primary === 'IPv4' ? 'fd00:c0de:7::/64' : '10.203.0.0/24'
        await trial.refused(
          trial.api.replace(nodes, { ...node, spec: { ...spec, podCIDRs: [spec.podCIDR, second] } }),
          422,
          'Invalid',
          `Node "${name}" is invalid: spec.podCIDRs: Forbidden: node updates may not change podCIDR except from "" to valid`,
        )
      }
    },
  ),
  contractCase(
    'nodes/ready',
    'every Node is Ready, with an InternalIP of the primary family first, and its name',
    {},
    async trial => {
      const { controlPlanes, workers, primary } = trial.place
      for (const name of [...controlPlanes, ...workers]) {
        const node = await trial.read(nodes, undefined, name)
        const addresses =
          field<readonly { type: string; address: string }[]>(node, 'status', 'addresses') ?? []
        trial.same(
          addresses.map(({ type }) => type),
          ['InternalIP', 'Hostname'],
          'types',
        )
        trial.same(
          [familyOf(addresses[0]?.address ?? ''), addresses[1]?.address],
          [primary, name],
          'addresses',
        )
        const conditions =
          field<readonly { type: string; status: string }[]>(node, 'status', 'conditions') ?? []
        trial.same(conditions.find(({ type }) => type === 'Ready')?.status, 'True', 'Ready')
      }
    },
  ),
  contractCase(
    'nodes/host-network',
    'pods of the host network have the addresses of their node',
    {},
    async trial => {
      const [node = ''] = trial.place.controlPlanes
      const address = field<readonly { address: string }[]>(
        await trial.read(nodes, undefined, node),
        'status',
        'addresses',
      )?.[0]
      const pod = await trial.read('v1/pods', 'kube-system', `kube-apiserver-${node}`)
      trial.same(ipsOf(pod), [address?.address], 'podIPs')
      trial.same(field(pod, 'status', 'hostIPs'), [{ ip: address?.address }], 'hostIPs')
    },
  ),
]
