import { RefusedError } from '../../base/errors.ts'
import { fileOf, findObject, textChange } from '../../model/changes.ts'
import type { Cluster } from '../../model/cluster.ts'
import { getField } from '../../model/fields.ts'
import type { Goal } from '../../model/goal.ts'
import type { Step, TextChange } from '../../model/plan.ts'
import { setEnvFlag } from '../../text/env.ts'
import { editing } from '../shared/edit.ts'
import { gateChange, gatesFlag } from '../shared/feature-gate.ts'
import { sameList } from '../shared/pair.ts'
import { isReady, reportsAddresses } from './gates.ts'
import { newPlace, type Place, placeOf } from './places.ts'
import { flag, type KubeletNode, type KubeletState } from './read.ts'

/** One node a step. */
export const kubeletSteps = (state: KubeletState, goal: Goal): readonly Step[] =>
  state.nodes.flatMap(node => stepFor(state, node, goal) ?? [])

function stepFor(state: KubeletState, kubelet: KubeletNode, goal: Goal): Step | undefined {
  const { node, place, running } = kubelet
  const isDual = goal.families.length > 1
  // A node that never had two is none of our business on the way back, whatever its flag says.
  if (!isDual && !hasTwo(place?.value) && !hasTwo(running) && !hasTwo(kubelet.reported.join()))
    return undefined
  const wanted = wantedValue(node, goal)
  const runsSo = running !== undefined && sameList(running, wanted)
  if (place === undefined && runsSo) return undefined
  assertKnown(kubelet)
  const change = isDual || hasTwo(place?.value) ? changeFor(state, kubelet, wanted, goal) : undefined
  // A file that is right and a kubelet that is not: somebody was stopped between the two.
  const isStale = running !== undefined && !runsSo
  if (change === undefined && !isStale) return undefined
  return {
    id: `kubelet/${node}`,
    stage: 'kubelet',
    layer: 'kubelet',
    title:
      change === undefined
        ? `Restart the kubelet of ${node} with what its file says`
        : `Let the kubelet of ${node} report ${wanted}`,
    why: isDual
      ? 'kube-proxy, hostNetwork pods and NodePorts take their addresses from the Node, and a kubelet reports a second one only when --node-ip names both'
      : 'kube-proxy must start from the address that stays',
    interrupts: [
      {
        what: `kubelet of ${node} restarts: containers go on; logs, exec and port-forward streams through it end`,
        seconds: 2,
      },
    ],
    leaves: [],
    needs: [],
    changes: change === undefined ? [] : [change],
    refreshes: [{ kind: 'restart', node, unit: 'kubelet' }],
    gates: [reportsAddresses(node, wanted), isReady(node)],
    // Longer than the gates wait: the run puts it back itself as long as it lives. A mere restart has nothing to put back.
    ...(change === undefined ? {} : { guard: { node, unit: 'kubelet', within: 150 } }),
  }
}

const hasTwo = (value: string | undefined): boolean => (value ?? '').includes(',')

function wantedValue(node: string, goal: Goal): string {
  const addresses = goal.families.map(family => {
    const address = goal.nodeAddresses[node]?.[family]
    if (address !== undefined) return address
    throw new RefusedError(
      `no ${family} address is chosen for node ${node}`,
      'node.no-address',
      'Give it one, or name one: --node-address NODE=ADDRESS.',
    )
  })
  return addresses.join(',')
}

/** Only where the flag that counts stands; another one in front of it does nothing and is left. */
function changeFor(
  state: KubeletState,
  { node, unit, place }: KubeletNode,
  wanted: string,
  goal: Goal,
): TextChange | undefined {
  const isSet = place !== undefined && sameList(place.value, wanted)
  const textOf = (file: string) => fileOf(state.cluster, node, file)?.text
  return editing(node, () => {
    const gatesPlace = placeOf(unit, textOf, gatesFlag)
    const gates = gateChange(versionOf(state.cluster, node), goal, gatesPlace?.value)
    if (isSet && Object.keys(gates).length === 0) return undefined
    const { path, variable } = place ?? newPlace(unit, textOf)
    assertSamePlace(node, { path, variable }, gatesPlace, gates)
    const before = textOf(path) ?? null
    const after = editing(path, () =>
      Object.entries(gates).reduce(
        (text, [name, value]) => setEnvFlag(text, variable, name, value),
        isSet ? (before ?? '') : setEnvFlag(before ?? '', variable, flag, wanted),
      ),
    )
    return textChange({ kind: 'file', node, path }, before, after)
  })
}

/** A flag of a later variable beats one of the same name in an earlier: gates that stand elsewhere would be lost. */
function assertSamePlace(
  node: string,
  ours: Omit<Place, 'value'>,
  gates: Place | undefined,
  changes: Readonly<Record<string, string | null>>,
): void {
  if (Object.keys(changes).length === 0 || gates === undefined) return
  if (gates.path === ours.path && gates.variable === ours.variable) return
  throw new RefusedError(
    `${node}: --${gatesFlag} stands in ${gates.variable} of ${gates.path}, and --${flag} in ${ours.variable} of ${ours.path}`,
    'kubelet.gates-elsewhere',
    'Put both flags into one variable.',
  )
}

/** A node may be older than its API server. */
const versionOf = (cluster: Cluster, node: string): string => {
  const found = getField(findObject(cluster, 'v1/nodes', undefined, node), [
    'status',
    'nodeInfo',
    'kubeletVersion',
  ])
  return typeof found === 'string' ? found : cluster.version
}

/** @throws RefusedError where the flag's place cannot be told */
function assertKnown({ node, unread, refused, fixed, unit, place, running }: KubeletNode): void {
  if (unread !== undefined) {
    throw new RefusedError(
      `node ${node} was not read: ${unread}`,
      'node.unread',
      'Every node must be readable before anything is planned on it.',
    )
  }
  if (refused !== undefined) throw refused
  if (fixed !== undefined) {
    throw new RefusedError(
      `${node}:${fixed.path}, line ${fixed.line}: --${flag} is written into the unit`,
      'kubelet.fixed-flag',
      'Move it to KUBELET_EXTRA_ARGS in /etc/default/kubelet (Debian) or /etc/sysconfig/kubelet (Red Hat), and run `systemctl daemon-reload`.',
    )
  }
  if (place === undefined && running !== undefined && running !== '') {
    throw new RefusedError(
      `the kubelet of ${node} runs with --${flag}=${running}, and none of its known files says so`,
      'kubelet.unknown-place',
      `Looked at ${unit.files.join(', ') || 'no file: kubelet.service names no EnvironmentFile'}. Move the flag to one of the usual files.`,
    )
  }
}
