import { RefusedError } from '../../base/errors.ts'
import { fieldChange, objectChange, textChange } from '../../model/changes.ts'
import { getField } from '../../model/fields.ts'
import type { Goal } from '../../model/goal.ts'
import type { Step } from '../../model/plan.ts'
import { hashText } from '../../text/edits.ts'
import { setScalar } from '../../text/yaml-value.ts'
import { editing } from '../shared/edit.ts'
import { dualStackGate, wantedGate } from '../shared/feature-gate.ts'
import { pairFor } from '../shared/pair.ts'
import { rolledOut, rolloutSeconds } from '../shared/rollout.ts'
import { annotationPath, daemonSets, key, type KubeProxyState, name, namespace, where } from './read.ts'

/**
 * One step: the configuration, and a roll-out by an annotation. The roll-out is needed also where the configuration stays as it is, since
 * kube-proxy reads the Node's addresses only when it starts; the annotation is how a later plan knows that it was done.
 */
export function kubeProxySteps(state: KubeProxyState, goal: Goal): readonly Step[] {
  const isDual = goal.families.length > 1
  const text = edited(state, goal)
  const configuration = textChange({ kind: 'config-map', namespace, name, key }, state.text, text)
  const mark = markFor(state, text, isDual, configuration !== undefined)
  const rollOut = objectChange({ kind: 'object', api: daemonSets, namespace, name }, [
    fieldChange(state.daemonSet, annotationPath, mark),
  ])
  if (rollOut === undefined) return []
  assertRolls(state)
  return [
    {
      id: 'kube-proxy/rollout',
      stage: 'kube-proxy',
      layer: 'kube-proxy',
      title: isDual
        ? 'Start kube-proxy anew on every node, for both families'
        : `Start kube-proxy anew on every node, for ${goal.families[0]} alone`,
      why: 'kube-proxy reads its configuration and the addresses of its Node only when it starts, and a changed ConfigMap does not restart it',
      interrupts: [
        {
          what: 'traffic: nothing, the rules stay in the kernel. For some seconds on each node, one node after the other, endpoints that come or go are not followed',
          seconds: 0,
        },
      ],
      leaves: [],
      needs: [],
      changes: configuration === undefined ? [rollOut] : [configuration, rollOut],
      refreshes: [],
      gates: [
        rolledOut(
          'kube-proxy',
          { resource: daemonSets, namespace, name },
          {
            within: Math.max(600, rolloutSeconds(state.cluster)),
            because:
              'a node whose kube-proxy did not start anew has no rules for the family, or the old ones',
          },
        ),
      ],
    },
  ]
}

function edited(state: KubeProxyState, goal: Goal): string {
  if (state.refused !== undefined) throw state.refused
  const text = withRanges(state, goal)
  if (text === state.text && goal.families.length < 2) return text
  const path = ['featureGates', dualStackGate]
  switch (wantedGate(state.version, goal, state.gate)) {
    case 'on':
      return editing(where, () => setScalar(text, path, 'true', { as: 'boolean' }))
    case 'gone':
      return editing(where, () => setScalar(text, path, null))
    default:
      return text
  }
}

function withRanges({ text, clusterCIDR }: KubeProxyState, goal: Goal): string {
  // Without clusterCIDR kube-proxy tells local traffic by other means, or not at all: either is right for both families.
  if (clusterCIDR === undefined) return text
  return editing(where, () => {
    const value = pairFor(goal, goal.pods, clusterCIDR)
    return value === clusterCIDR ? text : setScalar(text, ['clusterCIDR'], value)
  })
}

/**
 * What the annotation must be: it differs from what it is wherever pods must start anew. Two families: there, and left alone while the
 * clusterCIDR is right, whatever else its owner has changed since. One: not there, as before; but where somebody else's hands had made two
 * of it there is nothing of ours to take away, and the annotation stays behind.
 */
function markFor(state: KubeProxyState, text: string, isDual: boolean, isChanged: boolean): string | null {
  const { rolledOut: mark } = state
  const hash = shortHash(text)
  if (!isChanged && (isDual ? mark !== undefined : mark === hash)) return mark ?? null
  if (!isDual && (mark !== undefined || !isChanged)) return null
  return mark === hash ? `${hash}-again` : hash
}

const shortHash = (text: string): string => hashText(text).replace('sha256:', '').slice(0, 16)

function assertRolls({ daemonSet }: KubeProxyState): void {
  if (getField(daemonSet, ['spec', 'updateStrategy', 'type']) !== 'OnDelete') return
  throw new RefusedError(
    `DaemonSet ${namespace}/${name} has updateStrategy OnDelete: its pods would not be started anew`,
    'kube-proxy.on-delete',
    'Set its updateStrategy to RollingUpdate, as kubeadm does.',
  )
}
