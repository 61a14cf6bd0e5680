import { getField } from '../../model/fields.ts'
import type { Workload } from './read.ts'

const ordinalOf = (name: string): number => Number(/-(\d+)$/.exec(name)?.[1] ?? Number.NaN)

/**
 * Would an evicted pod of this StatefulSet not come back? Unless it is Parallel, its controller goes by the ordinals and stops at the first
 * pod that is missing, ends or is not ready: none behind that one is made (statefulset/stateful_set_control.go, updateStatefulSet).
 */
export function losesEvicted({ object, pods }: Workload): boolean {
  const spec = (...path: string[]) => getField(object, ['spec', ...path])
  if (spec('podManagementPolicy') === 'Parallel') return false
  const start = Number(spec('ordinals', 'start') ?? 0)
  const ready = new Set(pods.filter(pod => pod.ready).map(pod => ordinalOf(pod.name)))
  const stop = Array.from({ length: Number(spec('replicas') ?? 1) }, (_, index) => start + index).find(
    ordinal => !ready.has(ordinal),
  )
  return stop !== undefined && [...ready].some(ordinal => ordinal > stop)
}
