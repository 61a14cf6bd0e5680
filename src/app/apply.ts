import { UsageError } from '../base/errors.ts'
import type { Plan } from '../model/plan.ts'
import type { Intent } from '../plan/intent.ts'
import { execute, type Execute, type Outcome } from './execute.ts'
import { planFor } from './plan.ts'

export interface Apply extends Omit<Execute, 'plan' | 'direction'> {
  readonly intent: Intent
}

/** Takes a cluster to dual-stack: a saved plan, an unfinished run, or a plan made now. A saved plan may also lead back to single-stack. */
export function apply(options: Apply): Promise<Outcome> {
  const { intent, given } = options
  if (given !== undefined && intent.to !== undefined && intent.to !== given.direction) {
    throw new UsageError(`the plan file leads to ${given.direction}, not to ${intent.to}`)
  }
  const direction: Plan['direction'] = given?.direction ?? 'dual'
  return execute({
    ...options,
    direction,
    asks: Object.keys(intent).some(key => key !== 'to'),
    plan: cluster => planFor(cluster, { ...intent, to: 'dual' }, options.layers),
  })
}
