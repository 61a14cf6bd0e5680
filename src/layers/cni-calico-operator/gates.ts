import type { Family } from '../../address/family.ts'
import { findObject } from '../../model/changes.ts'
import { getField } from '../../model/fields.ts'
import type { Gate } from '../../model/plan.ts'
import { daemonSetResource, poolResource } from '../cni-calico/read.ts'
import { gateKind, holds, waits } from '../shared/gate.ts'
import { rolledOut, rolloutSeconds } from '../shared/rollout.ts'
import { addressVariable, environmentOf, type OperatorCalico, tigeraStatuses } from './read.ts'

/** What the operator does takes its time: it says of itself when it is done, and the roll-out shows it. */
export function settledGates(state: OperatorCalico): readonly Gate[] {
  return [
    {
      id: 'cni-calico-operator/available',
      args: {},
      within: 600,
      steady: 5,
      because: 'an operator that is degraded has not done what it was told',
    },
    rolledOut(
      'cni-calico-operator',
      { resource: daemonSetResource, namespace: state.namespace, name: 'calico-node' },
      { within: rolloutSeconds(state.cluster), because: 'the operator rolls calico-node out by itself' },
    ),
  ]
}

/** A pool of exactly this range is there and open; or is gone. */
export const poolThereGate = gateKind<{ readonly cidr: string; readonly present: boolean }>({
  reads: () => [{ kind: 'list', resource: poolResource }],
  judge(cluster, { cidr, present }) {
    const pool = (cluster.objects[poolResource] ?? []).find(one => getField(one, ['spec', 'cidr']) === cidr)
    if (!present)
      return pool === undefined
        ? holds(`no pool ${cidr}`)
        : waits(`IPPool ${pool.metadata.name} is still there`)
    if (pool === undefined) return waits(`the operator has not made a pool ${cidr} yet`)
    return getField(pool, ['spec', 'disabled']) === true
      ? waits(`IPPool ${pool.metadata.name} is disabled`)
      : holds(`IPPool ${pool.metadata.name} hands out ${cidr}`)
  },
})

/** The parts of the operator that a change of pools and addresses concerns. */
const parts = ['calico', 'ippools']

/** The operator's own word: available, not progressing, not degraded. */
export const availableGate = gateKind<Record<string, never>>({
  reads: () => [{ kind: 'list', resource: tigeraStatuses }],
  judge(cluster) {
    const troubles = parts.flatMap(name => {
      const status = findObject(cluster, tigeraStatuses, undefined, name)
      // Operators before 1.34 have no part of their own for pools.
      if (status === undefined) return name === 'calico' ? ['TigeraStatus calico is not there'] : []
      const conditions = (getField(status, ['status', 'conditions']) ?? []) as readonly {
        type: string
        status: string
        message?: string
      }[]
      const is = (type: string): boolean => conditions.some(one => one.type === type && one.status === 'True')
      const degraded = conditions.find(one => one.type === 'Degraded' && one.status === 'True')
      if (degraded !== undefined) return [`${name} is degraded: ${degraded.message ?? ''}`]
      if (is('Progressing')) return [`${name} is being rolled out`]
      return is('Available') ? [] : [`${name} is not available`]
    })
    return troubles.length === 0
      ? holds('the operator has done what it was told')
      : waits(troubles.join('; '))
  },
})

/** What the operator rendered for calico-node: that it looks for the family, or does not. */
export const renderedGate = gateKind<{
  readonly family: Family
  readonly present: boolean
  readonly namespace: string
}>({
  reads: ({ namespace }) => [{ kind: 'object', resource: daemonSetResource, namespace, name: 'calico-node' }],
  judge(cluster, { family, present, namespace }) {
    const daemonSet = findObject(cluster, daemonSetResource, namespace, 'calico-node')
    if (daemonSet === undefined) return waits(`DaemonSet ${namespace}/calico-node is not there`)
    const variable = addressVariable[family]
    const value = environmentOf(daemonSet)[variable] ?? 'none'
    const isOn = value !== 'none' && value !== ''
    return isOn === present
      ? holds(`calico-node: ${variable} is ${value}`)
      : waits(`calico-node: ${variable} is still ${value}: the operator has not rendered it yet`)
  },
})
