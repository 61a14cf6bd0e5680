import { RefusedError } from '../../base/errors.ts'
import { findObject } from '../../model/changes.ts'
import { getField } from '../../model/fields.ts'
import { type Goal } from '../../model/goal.ts'
import { apiServers, installations, type OperatorCalico } from './read.ts'

/** What the operator would refuse, leave undone, or not understand: said before anything is planned. */
export function requireOperator(state: OperatorCalico, goal: Goal): void {
  const { cluster, installation, entries } = state
  if (installation === undefined) {
    throw new RefusedError(
      'calico-node belongs to the Tigera operator, and its Installation `default` could not be read',
      'calico.no-installation',
      'Its objects are written by the operator alone: let installations.operator.tigera.io be readable.',
    )
  }
  if (findObject(cluster, installations, undefined, 'overlay') !== undefined) {
    throw new RefusedError(
      'beside Installation default there is one named overlay, which may say otherwise',
      'calico.overlay',
      'Merge it into Installation default first.',
    )
  }
  const plugin = getField(installation, ['spec', 'cni', 'type']) ?? 'Calico'
  if (plugin !== 'Calico') {
    throw new RefusedError(
      `Installation default: cni.type is ${words(plugin)}: another CNI gives pods their addresses`,
      'calico.policy-only',
      'Convert the CNI that does the networking; Calico follows it.',
    )
  }
  const ipam = getField(installation, ['spec', 'cni', 'ipam', 'type']) ?? 'Calico'
  if (ipam !== 'Calico') {
    throw new RefusedError(
      `Installation default: cni.ipam.type is ${words(ipam)}: pods get addresses from the podCIDRs of their Node, and a Node never gets a second one`,
      'calico.ipam',
      'Only Calico’s own IPAM gives a running node a second family without replacing its Node object.',
    )
  }
  if (entries === undefined || entries.length === 0) {
    throw new RefusedError(
      'Installation default names no ipPools: the pools of this cluster are managed outside the operator',
      'calico.operator-pools',
      'Write them into spec.calicoNetwork.ipPools as they are (the operator then takes them over), and plan again.',
    )
  }
  requirePoolController(state)
  if (goal.families.length > 1) requireCarrier(state, goal)
}

/** Since operator 1.34 (Calico 3.28) a change of ipPools is followed, and only through Calico's own API server. */
function requirePoolController({ cluster, installation, entries }: OperatorCalico): void {
  const version = getField(installation, ['status', 'calicoVersion'])
  const [, major, minor] = /^v?(\d+)\.(\d+)/.exec(words(version)) ?? []
  const isOld = major === undefined ? false : Number(major) < 3 || (Number(major) === 3 && Number(minor) < 28)
  // A list with names was filled in by the controller that follows it; Enterprise counts its versions otherwise.
  const isNamed = (entries ?? []).every(({ name }) => name !== undefined)
  if (isOld && !isNamed) {
    throw new RefusedError(
      `Calico ${words(version)} by the operator: ipPools of the Installation are read only when Calico is installed`,
      'calico.operator-old',
      'Upgrade to Calico 3.28 (operator 1.34) or later first.',
    )
  }
  const server = findObject(cluster, apiServers, undefined, 'default')
  const state = getField(server, ['status', 'state'])
  if (cluster.objects[apiServers] !== undefined && state === 'Ready') return
  throw new RefusedError(
    server === undefined
      ? 'there is no APIServer `default` (operator.tigera.io): without Calico’s API server the operator changes no pool'
      : `APIServer default (operator.tigera.io) is ${state === null ? 'not ready' : words(state)}: without it the operator changes no pool`,
    'calico.operator-api-server',
    'Create it (kind APIServer, name default, spec {}) and wait until `kubectl get tigerastatus apiserver` is available.',
  )
}

/** The operator refuses a pool without encapsulation where BGP is off, and stays degraded. */
function requireCarrier({ installation }: OperatorCalico, goal: Goal): void {
  const bgp = getField(installation, ['spec', 'calicoNetwork', 'bgp'])
  if (bgp !== 'Disabled' || goal.calico.encapsulation !== 'None') return
  throw new RefusedError(
    'Installation default: bgp is Disabled: without BGP, pods of other nodes are reached only through VXLAN',
    'calico.no-carrier',
    'Plan with --encapsulation vxlan.',
  )
}

const words = (value: unknown): string => (typeof value === 'string' ? value : '')
