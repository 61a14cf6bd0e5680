import { selects } from '../shared/selector.ts'
import type { Budget, Workload, Workloads } from './read.ts'

/** What a workload's own roll-out may take away while it runs. */
export interface Strategy {
  /** Pods wanted. */
  readonly replicas: number
  /** Pods that a roll-out may make unavailable at once. */
  readonly unavailable: number
}

/**
 * An absolute number or a percentage of `total`, as the controllers resolve it (apimachinery intstr, GetScaledValueFromIntOrPercent):
 * what may be missing is rounded down, what may be too many is rounded up.
 */
export function scaled(
  value: unknown,
  total: number,
  round: 'up' | 'down',
  otherwise: string | number,
): number {
  const wanted = value ?? otherwise
  if (typeof wanted === 'number') return wanted
  const percent = typeof wanted === 'string' ? /^(\d+)%$/.exec(wanted)?.[1] : undefined
  if (percent === undefined) return 0
  const exact = (Number(percent) * total) / 100
  return round === 'up' ? Math.ceil(exact) : Math.floor(exact)
}

/** The budgets that hold for a workload's pods. More than one for a pod is an error of its owner: eviction is then refused by the API. */
export const budgetsOf = ({ pods }: Workload, { budgets }: Pick<Workloads, 'budgets'>): readonly Budget[] => [
  ...new Set(pods.flatMap(budgets)),
]

/**
 * Roll-outs do not ask budgets, so we do: would this one, at its worst, leave each budget's pods healthy? A budget may span several
 * workloads; what the others have counts as it is now.
 */
export function keepsBudget(
  budget: Budget,
  strategy: Strategy,
  workload: Workload,
  healthy: number,
): boolean {
  if (budget.desiredHealthy === undefined) return false
  const own = workload.pods.filter(pod => pod.ready && selects(budget.selector, pod.labels)).length
  const others = healthy - own
  return others + strategy.replicas - strategy.unavailable >= budget.desiredHealthy
}

/** May one pod ever be evicted, when all are well? */
export const everAllows = (budget: Budget, healthy: number): boolean =>
  budget.desiredHealthy !== undefined && healthy > budget.desiredHealthy
