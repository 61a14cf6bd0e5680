import type { KubeObject } from '../../model/cluster.ts'

/**
 * A person's word that a Service or a workload stays as it is: `kubectl annotate service x kubectl-dualstack/leave=true`. It lies on the
 * object, so that whoever makes the next plan need not know of it.
 */
export const leaveAnnotation = 'kubectl-dualstack/leave'

export const isLeft = (object: KubeObject | undefined): boolean =>
  object?.metadata.annotations?.[leaveAnnotation] === 'true'
