import { type Family, families } from '../../address/family.ts'
import { familyOf, tryParseIP } from '../../address/index.ts'
import type { Json } from '../../base/json.ts'
import { RefusedError } from '../../base/errors.ts'
import { fieldChange, objectChange } from '../../model/changes.ts'
import { getField } from '../../model/fields.ts'
import { type Goal, wants } from '../../model/goal.ts'
import type { Change, Step } from '../../model/plan.ts'
import { changingFamilies, listed } from '../shared/families.ts'
import { gateKind, holds, waits } from '../shared/gate.ts'
import { rolledOut, rolloutSeconds } from '../shared/rollout.ts'
import { type Calico, daemonSetResource } from './read.ts'

/** What makes calico-node use a family: its environment, and the annotation in which it keeps the address that it found. */
export const wiring: Readonly<
  Record<
    Family,
    {
      readonly address: string
      readonly method: string
      readonly support: string | undefined
      readonly annotation: string
    }
  >
> = {
  IPv4: {
    address: 'IP',
    method: 'IP_AUTODETECTION_METHOD',
    support: undefined,
    annotation: 'projectcalico.org/IPv4Address',
  },
  IPv6: {
    address: 'IP6',
    method: 'IP6_AUTODETECTION_METHOD',
    support: 'FELIX_IPV6SUPPORT',
    annotation: 'projectcalico.org/IPv6Address',
  },
}

export function addressSteps(state: Calico, goal: Goal): readonly Step[] {
  return changingFamilies(goal).flatMap(family =>
    wants(goal, family) ? findAddresses(state, goal, family) : leaveFamily(state, family),
  )
}

const path = (name: string): readonly string[] => [
  'spec',
  'template',
  'spec',
  'containers',
  'name=calico-node',
  'env',
  `name=${name}`,
  'value',
]

function environmentChange(state: Calico, values: Readonly<Record<string, Json>>): Change | undefined {
  for (const name of Object.keys(values)) {
    const from = getField(state.daemonSet, [...path(name).slice(0, -1), 'valueFrom'])
    if (from === null) continue
    throw new RefusedError(
      `DaemonSet ${state.namespace}/calico-node: ${name} is taken from elsewhere (${JSON.stringify(from)})`,
      'calico.value-from',
      `Change it there, or give ${name} a plain value.`,
    )
  }
  return objectChange(
    { kind: 'object', api: daemonSetResource, namespace: state.namespace, name: 'calico-node' },
    Object.entries(values).map(([name, after]) => fieldChange(state.daemonSet, path(name), after)),
  )
}

/** The kubelets know both addresses by now, so the Node object is asked: `first-found` may take the wrong interface. A method that a person chose stays. */
function findAddresses(state: Calico, goal: Goal, family: Family): readonly Step[] {
  const { address, method, support } = wiring[family]
  const { environment } = state
  const isSet =
    environment[address] === 'autodetect' ||
    tryParseIP((environment[address] ?? '').split('/')[0] ?? '') !== undefined
  const change = environmentChange(state, {
    ...(isSet ? {} : { [address]: 'autodetect' }),
    ...(isSet || environment[method] !== undefined ? {} : { [method]: 'kubernetes-internal-ip' }),
    ...(support === undefined ? {} : { [support]: 'true' }),
  })
  if (change === undefined) return []
  return [
    {
      ...rolloutStep(`cni-calico/addresses-${family.toLowerCase()}`, change),
      title: `Have calico-node find each node's ${family} address`,
      why: 'BGP sessions, routes and policies of the family need the address of every node.',
      needs: [
        {
          id: 'cni-calico/internal-addresses',
          args: { families: [...goal.families] },
          within: 60,
          steady: 0,
          because:
            'calico-node does not start on a node whose address it cannot find, and the roll-out stops there',
        },
      ],
      gates: [
        rollout(state, 'every node must have found its address before a pod depends on it'),
        {
          id: 'cni-calico/node-addresses',
          args: { family, present: true },
          // All gates of a step are waited for together: the last node has its address when the roll-out ends.
          within: rolloutSeconds(state.cluster),
          steady: 2,
          because: 'routes to a node exist only where its address is known',
        },
      ],
    },
  ]
}

/** Nobody looks for the address, nobody keeps it, and what the kernel still has of the family goes: Felix itself would leave it. */
function leaveFamily(state: Calico, family: Family): readonly Step[] {
  const forget = forgetAddresses(state, family)
  if (forget.length === 0 && nodesWith(state, family) === 0) return []
  return [...forget, clearStep(family, 'cni-calico'), rulesStep(state, family, 'cni-calico')]
}

export const rulesStep = ({ namespace }: Pick<Calico, 'namespace'>, family: Family, layer: string): Step => ({
  id: `${layer}/rules-${family.toLowerCase()}`,
  stage: 'cni-addresses',
  layer,
  title: `Take Felix's ${family} rules out of the nodes`,
  why: 'Felix leaves the chains, sets and the VXLAN device of a family that it does not look after any more as they are.',
  interrupts: [],
  leaves: [],
  needs: [],
  changes: [],
  refreshes: [
    {
      kind: 'remove-rules',
      family,
      owner: { namespace, kind: 'DaemonSet', name: 'calico-node' },
      container: 'calico-node',
    },
  ],
  gates: [],
})

/** As calico.yaml has it. Where something else was there before us, the journal knows. */
function forgetAddresses(state: Calico, family: Family): readonly Step[] {
  const { address, method, support } = wiring[family]
  const { environment } = state
  const isOn = environment[address] === 'autodetect' || environment[support ?? ''] === 'true'
  const change = isOn
    ? environmentChange(state, {
        ...(environment[address] === 'autodetect' ? { [address]: null } : {}),
        ...(environment[method] === 'kubernetes-internal-ip' ? { [method]: null } : {}),
        ...(support === undefined ? {} : { [support]: 'false' }),
      })
    : undefined
  if (change === undefined) return []
  return [
    {
      ...rolloutStep(`cni-calico/addresses-${family.toLowerCase()}`, change),
      title: `Have calico-node leave ${family} alone`,
      why: 'No pod has the family any more.',
      gates: [rollout(state, 'a node that still looks for its address would write it again')],
    },
  ]
}

/**
 * Without IP6 calico-node keeps the address that it found once (startup.go): it goes by hand, after nobody writes it any more. From every Node
 * that has it then: where somebody was stopped while calico-node rolled out, more have it than when this was planned.
 */
export const clearStep = (family: Family, layer: string): Step => ({
  id: `${layer}/clear-${family.toLowerCase()}`,
  stage: 'cni-addresses',
  layer,
  title: `Take the ${family} address out of the Nodes, as far as Calico keeps it`,
  why: 'With it BIRD keeps a session and routes to every other node.',
  interrupts: [],
  leaves: [],
  needs: [],
  changes: [],
  refreshes: [{ kind: 'clear-annotation', annotation: wiring[family].annotation }],
  gates: [
    {
      id: `${layer}/node-addresses`,
      args: { family, present: false },
      within: 60,
      steady: 3,
      because: 'nobody may write it again',
    },
  ],
})

const rollout = (state: Calico, because: string) =>
  rolledOut(
    'cni-calico',
    { resource: daemonSetResource, namespace: state.namespace, name: 'calico-node' },
    { within: rolloutSeconds(state.cluster), because },
  )

const rolloutStep = (id: string, change: Change) => ({
  id,
  stage: 'cni-addresses',
  layer: 'cni-calico',
  interrupts: [],
  leaves: [],
  needs: [],
  changes: [change],
  refreshes: [],
})

/** Every Node reports an address of each family. */
export const internalAddressesGate = gateKind<{ readonly families: readonly Family[] }>({
  reads: () => [{ kind: 'list', resource: 'v1/nodes' }],
  judge(cluster, args) {
    const nodes = cluster.objects['v1/nodes'] ?? []
    const lacking = nodes.flatMap(node => {
      const { addresses = [] } = (node['status'] ?? {}) as {
        addresses?: readonly { type: string; address: string }[]
      }
      const found = addresses
        .filter(({ type }) => type === 'InternalIP')
        .map(({ address }) => familyOf(address))
      const missing = args.families.filter(family => !found.includes(family))
      return missing.length === 0 ? [] : [`${node.metadata.name} has no ${missing.join(' and ')}`]
    })
    return lacking.length === 0
      ? holds(`${nodes.length} Nodes report ${args.families.join(' and ')}`)
      : waits(listed(lacking))
  },
})

/** Calico's own record of each node's address. */
export const nodeAddressesGate = gateKind<{ readonly family: Family; readonly present: boolean }>({
  reads: () => [{ kind: 'list', resource: 'v1/nodes' }],
  judge(cluster, { family, present }) {
    const nodes = cluster.objects['v1/nodes'] ?? []
    const { annotation } = wiring[family]
    const differing = nodes.filter(
      node => (node.metadata.annotations?.[annotation] !== undefined) !== present,
    )
    const word = present ? 'without' : 'still with'
    return differing.length === 0
      ? holds(`${nodes.length} Nodes ${present ? 'with' : 'without'} ${annotation}`)
      : waits(
          `${differing.length} Nodes ${word} ${annotation}: ${listed(differing.map(node => node.metadata.name))}`,
        )
  },
})

/** What the DaemonSet says, for status. */
export const configuredFamilies = ({ environment }: Calico): readonly Family[] =>
  families.filter(family => {
    const value = environment[wiring[family].address]
    return value !== undefined && value !== '' && value !== 'none'
  })
export const nodesWith = (state: Pick<Calico, 'cluster'>, family: Family): number =>
  (state.cluster.objects['v1/nodes'] ?? []).filter(
    node => node.metadata.annotations?.[wiring[family].annotation] !== undefined,
  ).length
