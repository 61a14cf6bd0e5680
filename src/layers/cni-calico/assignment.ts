import { type Family, families } from '../../address/family.ts'
import { fieldChange, fileOf, nodeNames, objectChange, textChange } from '../../model/changes.ts'
import { type Goal, wants } from '../../model/goal.ts'
import type { Step } from '../../model/plan.ts'
import { hashText } from '../../text/edits.ts'
import { getIpam, setIpamFields } from '../../text/json-template.ts'
import { changingFamilies, listed } from '../shared/families.ts'
import { gateKind, holds, waits } from '../shared/gate.ts'
import { rollout, rolloutStep } from './addresses.ts'
import { type Calico, daemonSetResource } from './read.ts'

/** What calico-ipam does where nothing is said (ipam_plugin.go). Values are strings: it compares with "true", and a boolean does not parse. */
const fields: Readonly<Record<Family, { readonly key: string; readonly otherwise: boolean }>> = {
  IPv4: { key: 'assign_ipv4', otherwise: true },
  IPv6: { key: 'assign_ipv6', otherwise: false },
}

/** In the pod template: a hash of the configuration that was rolled out. Without it the ConfigMap alone changes nothing. */
const configAnnotation = ['spec', 'template', 'metadata', 'annotations', 'kubectl-dualstack/cni']

/** The families that a CNI configuration gives a pod. */
export function assignedBy(config: string): readonly Family[] {
  const ipam = getIpam(config)
  return families.filter(family => {
    const value = ipam?.[fields[family].key]
    return value === undefined ? fields[family].otherwise : value === 'true'
  })
}

export function assignmentSteps(state: Calico, goal: Goal): readonly Step[] {
  const { config, source, daemonSet, namespace } = state
  if (config === undefined || source === undefined) return []
  const assigned = assignedBy(config)
  if (families.every(family => assigned.includes(family) === wants(goal, family))) return []
  const next = setIpamFields(config, wanted(goal))
  const text = textChange({ kind: 'config-map', namespace, name: source.name, key: source.key }, config, next)
  const isBack = goal.families.length === 1
  const annotation = objectChange(
    { kind: 'object', api: daemonSetResource, namespace, name: 'calico-node' },
    [
      // Back: its going is a change of the template as well, and leaves the template as it was found.
      fieldChange(
        daemonSet,
        configAnnotation,
        isBack && hasAnnotation(state) ? null : hashText(next).slice(7, 19),
      ),
    ],
  )
  if (text === undefined || annotation === undefined) return []
  const gone = changingFamilies(goal).filter(family => !wants(goal, family))
  return [
    {
      ...rolloutStep('cni-calico/assignment', annotation),
      stage: 'cni-assignment',
      title: isBack
        ? `Give pods no ${gone.join(' and ')} address any more`
        : `Give every new pod ${goal.families.join(' and ')}`,
      why: 'calico-node writes the CNI configuration of its node when it starts, from the ConfigMap.',
      changes: [text, annotation],
      gates: [
        rollout(state, 'each node writes its CNI configuration when calico-node starts there'),
        {
          id: 'cni-calico/assigned',
          args: { families: [...goal.families], path: state.conflist },
          within: 120,
          steady: 0,
          because: 'a pod made on a node with the old configuration would have to be made once more',
        },
      ],
    },
  ]
}

const hasAnnotation = ({ daemonSet }: Calico): boolean =>
  fieldChange(daemonSet, configAnnotation, null).before !== null

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
  reads: ({ path }, cluster) => nodeNames(cluster).map(node => ({ kind: 'node', node, paths: [path] })),
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
