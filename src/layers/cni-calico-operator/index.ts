import { families, type PerFamily } from '../../address/family.ts'
import { tryParseCIDR } from '../../address/index.ts'
import { fileOf, nodeNames } from '../../model/changes.ts'
import { getField } from '../../model/fields.ts'
import { type Goal, wants } from '../../model/goal.ts'
import type { Layer, StatusRow } from '../../model/layer.ts'
import type { Notice } from '../../model/plan.ts'
import { internalAddressesGate, nodeAddressesGate, nodesWith } from '../cni-calico/addresses.ts'
import { assignedBy, assignedGate } from '../cni-calico/assignment.ts'
import { affinityResource, blockResource, daemonSetResource, poolResource } from '../cni-calico/read.ts'
import { blocksEmptyGate, releaseStep } from '../cni-calico/release.ts'
import { changingFamilies } from '../shared/families.ts'
import { rolloutGate } from '../shared/rollout.ts'
import { addressSteps } from './addresses.ts'
import { availableGate, poolThereGate, renderedGate } from './gates.ts'
import { poolSteps } from './pool.ts'
import {
  addressVariable,
  apiServers,
  environmentOf,
  installations,
  looksFor,
  type OperatorCalico,
  readOperatorCalico,
  tigeraStatuses,
} from './read.ts'
import { requireOperator } from './requirements.ts'

const conflist = '/etc/cni/net.d/10-calico.conflist'

/** Calico as the Tigera operator runs it. Only the Installation is written: DaemonSet, ConfigMap and pools are the operator's. */
export const cniCalicoOperator: Layer<OperatorCalico> = {
  id: 'cni-calico-operator',
  title: 'Calico by the Tigera operator',
  reads: [
    { kind: 'list', resource: installations },
    { kind: 'list', resource: apiServers },
    { kind: 'list', resource: tigeraStatuses },
    { kind: 'list', resource: daemonSetResource },
    { kind: 'list', resource: 'v1/nodes' },
    { kind: 'list', resource: poolResource },
    { kind: 'list', resource: blockResource },
    { kind: 'list', resource: affinityResource },
    { kind: 'file', path: conflist, on: 'all' },
  ],
  read: readOperatorCalico,
  status,
  steps(state, goal, stage) {
    requireOperator(state, goal)
    switch (stage) {
      case 'cni-addresses':
        return addressSteps(state, goal)
      case 'cni-assignment':
        return poolSteps(state, goal)
      case 'cni-pool':
        return changingFamilies(goal)
          .filter(family => !wants(goal, family))
          .flatMap(family => releaseStep(state, family, 'cni-calico-operator'))
      default:
        return []
    }
  },
  notices,
  gates: {
    available: availableGate,
    rendered: renderedGate,
    pool: poolThereGate,
    'rolled-out': rolloutGate,
    'internal-addresses': internalAddressesGate,
    'node-addresses': nodeAddressesGate,
    assigned: assignedGate,
    'blocks-empty': blocksEmptyGate,
  },
}

function status(state: OperatorCalico): readonly StatusRow[] {
  const { cluster, entries } = state
  const nodes = nodeNames(cluster)
  const per = (value: (family: (typeof families)[number]) => string | undefined): PerFamily<string> =>
    Object.fromEntries(
      families.flatMap(family => {
        const found = value(family)
        return found === undefined || found === '' ? [] : [[family, found]]
      }),
    )
  const pools = (cluster.objects[poolResource] ?? []).filter(
    pool => getField(pool, ['spec', 'disabled']) !== true,
  )
  const assigning = nodes.flatMap(node => {
    const text = fileOf(cluster, node, conflist)?.text
    return text === undefined ? [] : [assignedBy(text)]
  })
  return [
    {
      subject: 'Calico pools (operator)',
      configured: per(family =>
        (entries ?? [])
          .filter(entry => entry.family === family)
          .map(({ cidr }) => cidr)
          .join(' '),
      ),
      running: per(family =>
        pools
          .map(pool => getField(pool, ['spec', 'cidr']))
          .filter(cidr => typeof cidr === 'string')
          .filter(cidr => tryParseCIDR(cidr, { allowHostBits: true })?.family === family)
          .join(' '),
      ),
      ...(entries === undefined && { note: 'the Installation names no pools' }),
    },
    {
      subject: 'Calico node addresses',
      configured: per(family =>
        environmentOf(state.daemonSet)[addressVariable[family]] === 'autodetect' || looksFor(state, family)
          ? 'found by calico-node'
          : undefined,
      ),
      running: per(family =>
        nodesWith(state, family) > 0 ? `${nodesWith(state, family)} of ${nodes.length} nodes` : undefined,
      ),
    },
    ...(assigning.length === 0
      ? []
      : [
          {
            subject: 'Calico assignment',
            configured: {},
            running: per(family =>
              assigning.some(found => found.includes(family))
                ? `${assigning.filter(found => found.includes(family)).length} of ${nodes.length} nodes`
                : undefined,
            ),
          },
        ]),
  ]
}

function notices(state: OperatorCalico, goal: Goal): readonly Notice[] {
  const object = 'Installation default'
  const layer = 'cni-calico-operator'
  const managed = state.installation?.metadata.labels?.['app.kubernetes.io/managed-by']
  return [
    {
      layer,
      object,
      message:
        'only this object is written: the operator makes the pool and rolls calico-node out by itself. This way was proven on files, not in the lab',
    },
    ...(goal.families.length > 1 && managed !== undefined
      ? [
          {
            layer,
            object,
            message: `is managed by ${managed}, which may write it back`,
            remedy:
              'Put ipPools and nodeAddressAutodetectionV6 into its values as well (Helm: installation.calicoNetwork).',
          },
        ]
      : []),
  ]
}
