import { familyOf } from '../../address/index.ts'
import { type Family, families, type PerFamily } from '../../address/family.ts'
import type { Layer, StatusRow } from '../../model/layer.ts'
import { familiesGate } from './gates.ts'
import { readWorkloads, type Workloads } from './read.ts'
import { workloadNotices, workloadSteps } from './steps.ts'

/** Pods: each keeps for life the families that it got when it was made. */
export const workloads: Layer<Workloads> = {
  id: 'workloads',
  title: 'Pods',
  reads: [
    { kind: 'list', resource: 'v1/pods' },
    { kind: 'list', resource: 'apps/v1/deployments' },
    { kind: 'list', resource: 'apps/v1/replicasets' },
    { kind: 'list', resource: 'apps/v1/statefulsets' },
    { kind: 'list', resource: 'apps/v1/daemonsets' },
    { kind: 'list', resource: 'batch/v1/jobs' },
    { kind: 'list', resource: 'policy/v1/poddisruptionbudgets' },
    { kind: 'list', resource: 'v1/services' },
  ],
  read: readWorkloads,
  status: state => [statusRow(state)],
  steps: workloadSteps,
  notices: workloadNotices,
  gates: { families: familiesGate },
}

function statusRow(state: Workloads): StatusRow {
  const pods = state.workloads.flatMap(workload => workload.pods)
  const counted = (family: Family): number =>
    pods.filter(pod => pod.ips.some(ip => familyOf(ip) === family)).length
  const running: PerFamily<string> = Object.fromEntries(
    families
      .filter(family => counted(family) > 0)
      .map(family => [family, `${counted(family)} of ${pods.length} pods`]),
  )
  return { subject: 'pods', configured: {}, running }
}
