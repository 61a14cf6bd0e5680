import { textChange } from '../../model/changes.ts'
import type { Goal } from '../../model/goal.ts'
import type { Step } from '../../model/plan.ts'
import { setExtraArg, setScalar } from '../../text/yaml-value.ts'
import { flagChanges } from '../shared/controller-manager-flags.ts'
import { editing } from '../shared/edit.ts'
import { dualStackGate, gateChange, gatesFlag, wantedGate } from '../shared/feature-gate.ts'
import { pairFor } from '../shared/pair.ts'
import { type KubeadmSays, type KubeadmState, rangeArg, where } from './read.ts'

/** One step: the whole configuration is one text. */
export function kubeadmSteps({ text, says }: KubeadmState, goal: Goal): readonly Step[] {
  if (says.refused !== undefined) throw says.refused
  const change = textChange(
    { kind: 'config-map', namespace: 'kube-system', name: 'kubeadm-config', key: 'ClusterConfiguration' },
    text,
    editing(where, () => edited(text, says.value, goal)),
  )
  if (change === undefined) return []
  return [
    {
      id: 'kubeadm/cluster-configuration',
      stage: 'kubeadm-config',
      layer: 'kubeadm',
      title: `Write ${goal.families.length > 1 ? 'the ranges of both families' : `the ${goal.families[0]} ranges alone`} into kubeadm's configuration`,
      why: 'the next `kubeadm upgrade` writes the control plane manifests from it, and would undo what was edited on the nodes',
      interrupts: [],
      leaves: [],
      needs: [],
      changes: [change],
      refreshes: [],
      gates: [],
    },
  ]
}

function edited(before: string, state: KubeadmSays, goal: Goal): string {
  let text = before
  for (const [field, existing, ranges] of [
    ['podSubnet', state.podSubnet, goal.pods],
    ['serviceSubnet', state.serviceSubnet, goal.services],
  ] as const) {
    // A cluster without podSubnet stays without: with one, an upgrade would begin to hand out podCIDRs.
    if (existing === undefined) continue
    const value = editing(`networking.${field}`, () => pairFor(goal, ranges, existing))
    // Without quotes and spaces: Calico reads podSubnet from here with a pattern of its own.
    if (value !== existing) text = setScalar(text, ['networking', field], value)
  }
  const range = state.apiServer[rangeArg]
  if (range !== undefined) {
    const value = editing(`apiServer.extraArgs ${rangeArg}`, () => pairFor(goal, goal.services, range))
    if (value !== range) text = setExtraArg(text, 'apiServer', rangeArg, value, state.form)
  }
  const changes = editing('controllerManager.extraArgs', () =>
    flagChanges(state.controllerManager, goal, state.allocates),
  )
  // What comes first is set before anything is taken out: a list that is empty in between would lose its place.
  for (const [name, value] of Object.entries(changes).toSorted(
    ([, a], [, b]) => Number(a === null) - Number(b === null),
  )) {
    text = setExtraArg(text, 'controllerManager', name, value, state.form)
  }
  return goal.families.length > 1 || text !== before ? withGates(text, state, goal) : text
}

/**
 * kubeadm hands its own gate on to the components it configures, and takes two ranges of a family each only with it. Where extraArgs name
 * gates these beat what kubeadm would write.
 */
function withGates(before: string, state: KubeadmSays, goal: Goal): string {
  const path = ['featureGates', dualStackGate]
  const wanted = wantedGate(state.version, goal, state.gate)
  let text = before
  if (wanted === 'on') text = setScalar(text, path, 'true', { as: 'boolean' })
  if (wanted === 'gone') text = setScalar(text, path, null)
  for (const component of ['apiServer', 'controllerManager'] as const) {
    const own = state[component][gatesFlag]
    const value = own === undefined ? undefined : gateChange(state.version, goal, own)[gatesFlag]
    if (value !== undefined) text = setExtraArg(text, component, gatesFlag, value, state.form)
  }
  return text
}
