import type { KubeObject } from '../model/cluster.ts'
import { selectsByMap } from '../layers/shared/selector.ts'

/** What of a pod's specification decides where it may run. */
export interface PodSpec {
  readonly nodeName?: string
  readonly hostNetwork?: boolean
  readonly nodeSelector?: Readonly<Record<string, string>>
  readonly tolerations?: readonly Toleration[]
}
interface Toleration {
  readonly key?: string
  readonly operator?: string
  readonly effect?: string
  readonly value?: string
}
interface Taint {
  readonly key: string
  readonly effect: string
  readonly value?: string
}

/** May a pod of this specification run there? Taints, node selector, cordon; not resources, not affinity. */
export function fits(node: KubeObject, spec: PodSpec, asDaemon = false): boolean {
  const { taints = [], unschedulable = false } = (node['spec'] ?? {}) as {
    taints?: readonly Taint[]
    unschedulable?: boolean
  }
  if (unschedulable && !asDaemon) return false
  if (spec.nodeSelector !== undefined && !selectsByMap(spec.nodeSelector, node.metadata.labels ?? {}))
    return false
  return taints.every(
    taint =>
      taint.effect === 'PreferNoSchedule' ||
      (asDaemon && taint.key.startsWith('node.kubernetes.io/')) ||
      (spec.tolerations ?? []).some(one => tolerates(one, taint)),
  )
}

const tolerates = ({ key, operator = 'Equal', effect, value = '' }: Toleration, taint: Taint): boolean =>
  (key === undefined || key === taint.key) &&
  (effect === undefined || effect === '' || effect === taint.effect) &&
  (operator === 'Exists' || value === (taint.value ?? ''))
