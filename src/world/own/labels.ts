import type { KubeObject } from '../../model/cluster.ts'

/** On everything that we make in a cluster, so that it can be told from what is the user's, and be found and taken away. */
export const managedBy = { 'app.kubernetes.io/managed-by': 'kubectl-dualstack' } as const

/** The same, for list. */
export const managedBySelector = Object.entries(managedBy)
  .map(pair => pair.join('='))
  .join(',')

/** Of our own pods: transports and tests. Deleted with all that is in it. */
export const ownNamespace = 'kubectl-dualstack'

/** The lock. In kube-system, because our own namespace comes and goes. */
export const lockLease = {
  resource: 'coordination.k8s.io/v1/leases',
  namespace: 'kube-system',
  name: 'dualstack',
} as const

/** Annotations of the lock, beside Lease.spec, which has room for one name only. */
export const lockAnnotations = {
  /** Boot id and process of the holder, by which the same host can tell that it is dead. */
  process: 'kubectl-dualstack/process',
  /** What its run is, and how far it has come: mark.ts. */
  run: 'kubectl-dualstack/run',
  direction: 'kubectl-dualstack/direction',
  by: 'kubectl-dualstack/by',
  heard: 'kubectl-dualstack/heard',
  step: 'kubectl-dualstack/step',
  stage: 'kubectl-dualstack/stage',
} as const

export const isOurs = ({ metadata }: KubeObject): boolean =>
  Object.entries(managedBy).every(([label, value]) => metadata.labels?.[label] === value)
