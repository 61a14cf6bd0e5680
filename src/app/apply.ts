import { UsageError } from '../base/errors.ts'
import type { Plan } from '../model/plan.ts'
import { differs } from '../plan/differs.ts'
import type { Intent } from '../plan/intent.ts'
import { execute, type Execute, type Outcome } from './execute.ts'
import { planFor } from './plan.ts'
import { examine, requireGo } from './preflight.ts'

export interface Apply extends Omit<Execute, 'plan' | 'direction' | 'examine'> {
  readonly intent: Intent
}

/** Takes a cluster to dual-stack: a saved plan, an unfinished run, or a plan made now. A saved plan may also lead back to single-stack. */
export function apply(options: Apply): Promise<Outcome> {
  const { intent, given, ignored } = options
  if (given !== undefined && intent.to !== undefined && intent.to !== given.direction) {
    throw new UsageError(`the plan file leads to ${given.direction}, not to ${intent.to}`)
  }
  const direction: Plan['direction'] = given?.direction ?? 'dual'
  return execute({
    ...options,
    direction,
    asks: plan => differs(intent, plan.goal),
    plan: cluster => planFor(cluster, { ...intent, to: 'dual' }, options.layers, [], ignored),
    // The way back is never refused: who needs it, needs it now.
    ...(direction === 'dual' && {
      examine: (cluster, plan) => {
        const judged = examine({ cluster, now: options.world.clock.now(), ignored }, plan)
        requireGo(judged)
        return judged
      },
    }),
  })
}
