import { families, type PerFamily } from '../../address/family.ts'
import type { Layer, StatusRow } from '../../model/layer.ts'
import { rolloutGate } from '../shared/rollout.ts'
import {
  addressSteps,
  configuredFamilies,
  internalAddressesGate,
  nodeAddressesGate,
  nodesWith,
} from './addresses.ts'
import { assignedBy, assignedGate, assignmentSteps } from './assignment.ts'
import { poolNotices, poolOpenGate, poolSteps } from './pool.ts'
import {
  affinityResource,
  blockResource,
  type Calico,
  daemonSetResource,
  poolResource,
  readCalico,
} from './read.ts'
import { simulateCalico } from './practice.ts'
import { blocksEmptyGate } from './release.ts'
import { requireManifestInstall } from './requirements.ts'

/** Calico installed from its manifest (calico.yaml), with calico-ipam and the Kubernetes datastore. */
export const cniCalico: Layer<Calico> = {
  id: 'cni-calico',
  title: 'Calico',
  reads: [
    { kind: 'list', resource: daemonSetResource },
    { kind: 'list', resource: 'v1/nodes' },
    { kind: 'list', resource: poolResource },
    { kind: 'list', resource: blockResource },
    { kind: 'list', resource: affinityResource },
    { kind: 'config-map', namespace: 'kube-system', name: 'calico-config' },
    { kind: 'file', path: '/etc/cni/net.d/10-calico.conflist', on: 'all' },
  ],
  read: readCalico,
  status,
  steps(state, goal, stage) {
    requireManifestInstall(state)
    switch (stage) {
      case 'cni-pool':
        return poolSteps(state, goal)
      case 'cni-addresses':
        return addressSteps(state, goal)
      case 'cni-assignment':
        return assignmentSteps(state, goal)
      default:
        return []
    }
  },
  notices: poolNotices,
  gates: {
    'rolled-out': rolloutGate,
    'internal-addresses': internalAddressesGate,
    'node-addresses': nodeAddressesGate,
    'pool-open': poolOpenGate,
    assigned: assignedGate,
    'blocks-empty': blocksEmptyGate,
  },
  simulate: simulateCalico,
}

function status(state: Calico): readonly StatusRow[] {
  const { cluster, pools, config } = state
  const total = (cluster.objects['v1/nodes'] ?? []).length
  const open: PerFamily<string> = Object.fromEntries(
    families.flatMap(family => {
      const cidrs = pools.filter(pool => pool.family === family && !pool.isDisabled).map(pool => pool.cidr)
      return cidrs.length === 0 ? [] : [[family, cidrs.join(' ')]]
    }),
  )
  const addresses: PerFamily<string> = Object.fromEntries(
    families
      .filter(family => nodesWith(state, family) > 0)
      .map(family => [family, `${nodesWith(state, family)} of ${total} nodes`]),
  )
  const found: PerFamily<string> = Object.fromEntries(
    configuredFamilies(state).map(family => [family, 'found by calico-node']),
  )
  const assigned: PerFamily<string> = Object.fromEntries(
    (config === undefined ? [] : assignedBy(config)).map(family => [family, 'given to new pods']),
  )
  return [
    { subject: 'Calico pools', configured: open, running: open },
    { subject: 'Calico node addresses', configured: found, running: addresses },
    { subject: 'Calico assignment', configured: assigned, running: assigned },
  ]
}
