import { contains, tryParseCIDR } from '../../address/index.ts'
import { findObject } from '../../model/changes.ts'
import { getField } from '../../model/fields.ts'
import type { Goal } from '../../model/goal.ts'
import type { Gate } from '../../model/plan.ts'
import { gateKind, holds, hopeless, waits } from '../shared/gate.ts'
import { mirrorOf } from '../shared/static-pod.ts'
import { component, podCIDRsOf } from './read.ts'

const leases = 'coordination.k8s.io/v1/leases'
const leaseNamespace = 'kube-system'

/** Some instance leads, and has shown it since the pod on this node began. */
export const leads = (node: string): Gate => ({
  id: `${component}/leads`,
  args: { node },
  within: 180,
  // The controllers start with the lead, and bad ranges end the process within a second or two of that.
  steady: 8,
  because: 'only the leader starts the controllers, so bad ranges and masks show there and not before',
})

/**
 * A level without a clock: the Lease was renewed after the pod that runs on this node was made. Where the instance that was replaced led, that
 * means that another one took over (the Lease of the old one runs out after 15 s); where another one leads, it holds with its next renewal.
 */
export const leadsGate = gateKind<{ readonly node: string }>({
  reads: () => [
    { kind: 'object', resource: leases, namespace: leaseNamespace, name: component },
    { kind: 'pods', namespace: 'kube-system', labelSelector: `component=${component}` },
  ],
  judge(cluster, { node }) {
    const lease = findObject(cluster, leases, leaseNamespace, component)
    const holder = getField(lease, ['spec', 'holderIdentity'])
    const renewed = getField(lease, ['spec', 'renewTime'])
    const pod = mirrorOf(cluster, node, component)
    if (typeof holder !== 'string' || holder === '' || typeof renewed !== 'string')
      return waits('no controller manager leads')
    // `<hostname>_<uuid>`; a hostname need not be the node's name, then only the Lease itself is looked at.
    const leader = holder.slice(0, holder.lastIndexOf('_'))
    const leading = mirrorOf(cluster, leader, component)
    if (leading !== undefined && !leading.ready)
      return waits(`the controller manager of ${leader} leads and is not ready`)
    if (pod === undefined) return waits(`no controller manager is to be seen on ${node}`)
    const seen = `${leader} leads, its Lease was renewed at ${renewed}`
    return Date.parse(renewed) > Date.parse(pod.created)
      ? holds(seen)
      : waits(`${seen}, before the pod of ${node} began`)
  },
})

interface Fits {
  /** Pod ranges, in the order of the flag. */
  readonly ranges: readonly string[]
}

/** Every Node's podCIDRs fit the ranges, by their place. */
export const nodesFit = (goal: Goal): Gate => ({
  id: `${component}/pod-cidrs-fit`,
  args: { ranges: goal.families.map(family => goal.pods[family] ?? '') },
  within: 10,
  steady: 0,
  because:
    'a controller manager that meets a podCIDR without a range at the same place exits, and goes on exiting',
})

export const nodesFitGate = gateKind<Fits>({
  reads: () => [{ kind: 'list', resource: 'v1/nodes' }],
  judge(cluster, { ranges }) {
    const parsed = ranges.map(range => tryParseCIDR(range))
    const stray = podCIDRsOf(cluster).find(({ cidrs }) =>
      cidrs.some((cidr, index) => {
        const block = tryParseCIDR(cidr)
        const range = parsed[index]
        return block === undefined || range === undefined || !contains(range, block)
      }),
    )
    if (stray === undefined) return holds(`the podCIDRs of all nodes lie in ${ranges.join(',')}`)
    return hopeless(
      `node ${stray.node} has podCIDRs ${stray.cidrs.join(',')}, which do not fit ${ranges.join(',')}`,
      `Remove and join node ${stray.node} again while the controller managers still have the ranges it fits: podCIDRs cannot be changed.`,
    )
  },
})
