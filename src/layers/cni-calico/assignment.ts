import { type Family, families } from '../../address/family.ts'
import { fileOf, nodeNames, textChange } from '../../model/changes.ts'
import { type Goal, wants } from '../../model/goal.ts'
import type { Step, TextChange } from '../../model/plan.ts'
import { getIpam, setIpamFields } from '../../text/json-template.ts'
import { changingFamilies, listed } from '../shared/families.ts'
import { requireFile } from '../shared/edit.ts'
import { gateKind, holds, waits } from '../shared/gate.ts'
import { poolOpen } from './pool.ts'
import type { Calico } from './read.ts'

/** What calico-ipam does where nothing is said (ipam_plugin.go). Values are strings: it compares with "true", and a boolean does not parse. */
export const fields: Readonly<Record<Family, { readonly key: string; readonly otherwise: boolean }>> = {
  IPv4: { key: 'assign_ipv4', otherwise: true },
  IPv6: { key: 'assign_ipv6', otherwise: false },
}

/** The families that a CNI configuration gives a pod. */
export function assignedBy(config: string): readonly Family[] {
  const ipam = getIpam(config)
  return families.filter(family => {
    const value = ipam?.[fields[family].key]
    return value === undefined ? fields[family].otherwise : value === 'true'
  })
}

/**
 * The ConfigMap, from which calico-node writes the CNI configuration of its node whenever it starts, and that very file on each node: no
 * roll-out is needed, which would cost 15 s a node (docs/calico-rollout.md). The runtime watches the folder.
 */
export function assignmentSteps(state: Calico, goal: Goal): readonly Step[] {
  const { config, source, namespace, conflist } = state
  if (config === undefined || source === undefined) return []
  const places = [
    { target: { kind: 'config-map', namespace, name: source.name, key: source.key } as const, text: config },
    ...nodeNames(state.cluster).map(node => ({
      target: { kind: 'file', node, path: conflist } as const,
      text: requireFile(state.cluster, node, conflist).text,
    })),
  ]
  /** On thousands of nodes the same text: understood and compared once. */
  const changed = new Map<string, TextChange | undefined>()
  const changes = places.flatMap(({ target, text }) => {
    if (!changed.has(text)) changed.set(text, changeOf(target, text, goal))
    const change = changed.get(text)
    return change === undefined ? [] : { ...change, target }
  })
  if (changes.length === 0) return []
  const isBack = goal.families.length === 1
  const gone = changingFamilies(goal).filter(family => !wants(goal, family))
  return [
    {
      id: 'cni-calico/assignment',
      stage: 'cni-assignment',
      layer: 'cni-calico',
      title: isBack
        ? `Give pods no ${gone.join(' and ')} address any more`
        : `Give every new pod ${goal.families.join(' and ')}`,
      why: 'calico-node writes the CNI configuration of its node from the ConfigMap when it starts; the file is changed as well, so that none has to start anew.',
      interrupts: [],
      leaves: [],
      needs: isBack ? [] : [poolOpen(changingFamilies(goal))],
      changes,
      refreshes: [],
      gates: [
        {
          id: 'cni-calico/assigned',
          args: { families: [...goal.families], path: conflist },
          within: 120,
          // A calico-node that started with the old ConfigMap just before would write the old file once more.
          steady: 2,
          because: 'a pod made on a node with the old configuration would have to be made once more',
        },
      ],
    },
  ]
}

function changeOf(target: TextChange['target'], text: string, goal: Goal): TextChange | undefined {
  const assigned = assignedBy(text)
  if (families.every(family => assigned.includes(family) === wants(goal, family))) return undefined
  return textChange(target, text, setIpamFields(text, wanted(goal)))
}

/** Both said, on the way there: what a person reads there must not depend on a default. On the way back only what differs from it. */
function wanted(goal: Goal): Readonly<Record<string, string | null>> {
  const isBack = goal.families.length === 1
  return Object.fromEntries(
    families.map(family => {
      const { key, otherwise } = fields[family]
      const value = wants(goal, family)
      return [key, isBack && value === otherwise ? null : String(value)]
    }),
  )
}

/** The file that the runtime reads for each new pod says these families, on every node. */
export const assignedGate = gateKind<{ readonly families: readonly Family[]; readonly path: string }>({
  reads: ({ path }, cluster) => nodeNames(cluster).map(node => ({ kind: 'files', node, paths: [path] })),
  judge(cluster, args) {
    const nodes = nodeNames(cluster)
    const others = nodes.filter(node => {
      const text = fileOf(cluster, node, args.path)?.text
      if (text === undefined) return true
      const assigned = assignedBy(text)
      return families.some(family => assigned.includes(family) !== args.families.includes(family))
    })
    return others.length === 0
      ? holds(`${args.path} gives ${args.families.join(' and ')} on ${nodes.length} nodes`)
      : waits(`${args.path} not yet written for ${args.families.join(' and ')} on ${listed(others)}`)
  },
})
