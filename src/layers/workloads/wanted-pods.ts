import type { KubeObject } from '../../model/cluster.ts'
import { getField } from '../../model/fields.ts'

/** How many pods an owner of this kind wants now; undefined: its kind says nothing of it. */
export function wantedPods(kind: string, owner: KubeObject): number | undefined {
  const path = kind === 'DaemonSet' ? ['status', 'desiredNumberScheduled'] : ['spec', 'replicas']
  const count = getField(owner, path)
  return typeof count === 'number' ? count : undefined
}
