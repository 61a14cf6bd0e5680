import { execute, type Execute, type Outcome } from './execute.ts'
import { planFor } from './plan.ts'
import type { Intent } from '../plan/intent.ts'

export interface Rollback extends Omit<Execute, 'plan' | 'direction' | 'given' | 'examine' | 'ignored'> {
  readonly intent: Intent
}

/** Takes a cluster back to single-stack: plans the way back from what is there, with the exact old values that the journals remember. */
export function rollback(options: Rollback): Promise<Outcome> {
  return execute({
    ...options,
    direction: 'single',
    plan: (cluster, past) => planFor(cluster, { ...options.intent, to: 'single' }, options.layers, past),
  })
}
