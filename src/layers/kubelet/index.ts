import type { Layer, StatusRow } from '../../model/layer.ts'
import { byFamily, sameList } from '../shared/pair.ts'
import { rowsOf } from '../shared/rows.ts'
import { addressesGate, readyGate } from './gates.ts'
import { simulateKubelet } from './practice.ts'
import { type KubeletNode, type KubeletState, readKubelets, reads } from './read.ts'
import { kubeletSteps } from './steps.ts'
import { straysOf } from './strays.ts'

/** The addresses that nodes report. */
export const kubelet: Layer<KubeletState> = {
  id: 'kubelet',
  title: 'Node addresses (kubelet)',
  reads,
  read: readKubelets,
  // Addresses differ from node to node: one row each.
  status: state => {
    const strays = straysOf(state)
    return state.nodes.flatMap(node =>
      rowsOf(`kubelet ${node.node}`, [{ node: node.node, row: rowOf(node, strays.get(node.node)) }]),
    )
  },
  steps: (state, goal, stage) => (stage === 'kubelet' ? kubeletSteps(state, goal) : []),
  gates: { addresses: addressesGate, ready: readyGate },
  simulate: simulateKubelet,
}

function rowOf(
  { unread, refused, place, running, reported }: KubeletNode,
  stray: string | undefined,
): Omit<StatusRow, 'subject'> {
  const row = { configured: byFamily(place?.value), running: byFamily(reported.join()) }
  if (unread !== undefined) return { ...row, note: `not read: ${unread}` }
  if (refused !== undefined) return { ...row, note: refused.message }
  if (running !== undefined && !sameList(running, place?.value ?? ''))
    return { ...row, note: 'the kubelet was not restarted since its file changed' }
  return stray === undefined ? row : { ...row, note: stray }
}
