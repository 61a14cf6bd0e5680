import { findObject } from '../../model/changes.ts'
import { getField } from '../../model/fields.ts'
import type { Gate } from '../../model/plan.ts'
import type { FreshRead } from '../../model/read.ts'
import { gateKind, holds, waits } from '../shared/gate.ts'
import { sameList } from '../shared/pair.ts'
import { reportedAddresses } from './read.ts'

const readNode = ({ node }: { readonly node: string }): readonly FreshRead[] => [
  { kind: 'object', resource: 'v1/nodes', name: node },
]

interface Addresses {
  readonly node: string
  readonly addresses: string
}

export const reportsAddresses = (node: string, addresses: string): Gate => ({
  id: 'kubelet/addresses',
  args: { node, addresses },
  within: 90,
  steady: 0,
  because:
    'a kubelet that does not like an address goes on with the old ones and stays Ready; only the Node tells',
})

export const addressesGate = gateKind<Addresses>({
  reads: readNode,
  judge(cluster, { node, addresses }) {
    const reported = reportedAddresses(cluster, node).join()
    const seen = `Node ${node} reports ${reported === '' ? 'no InternalIP' : reported}`
    return sameList(reported, addresses) ? holds(seen) : waits(`${seen}, not ${addresses}`)
  },
})

export const isReady = (node: string): Gate => ({
  id: 'kubelet/ready',
  args: { node },
  within: 90,
  // That it came back shows in its addresses, which it reports when it starts.
  steady: 3,
  because: 'the next kubelet is restarted only when this one is well: never two nodes at once',
})

export const readyGate = gateKind<{ readonly node: string }>({
  reads: readNode,
  judge(cluster, { node }) {
    const conditions = getField(findObject(cluster, 'v1/nodes', undefined, node), ['status', 'conditions'])
    const ready = (
      (conditions ?? []) as readonly { type?: string; status?: string; message?: string }[]
    ).find(condition => condition.type === 'Ready')
    if (ready?.status === 'True') return holds(`Node ${node} is Ready`)
    return waits(`Node ${node} is not Ready${ready?.message === undefined ? '' : `: ${ready.message}`}`)
  },
})
