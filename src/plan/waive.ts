import type { Notice, Plan } from '../model/plan.ts'

/**
 * A plan without the needs that somebody goes past. A rule that a gate has the name of says what that gate waits for: who ignores the one is
 * not held up by the other, in a plan that is made now, one that was kept, and one that goes on.
 */
export function waive(plan: Plan, ignored: ReadonlySet<string>): Plan {
  const waived = new Set(
    plan.steps.flatMap(step => step.needs.map(({ id }) => id)).filter(id => ignored.has(id)),
  )
  if (waived.size === 0) return plan
  return {
    ...plan,
    steps: plan.steps.map(step =>
      step.needs.some(({ id }) => waived.has(id))
        ? { ...step, needs: step.needs.filter(({ id }) => !waived.has(id)) }
        : step,
    ),
    notices: [...[...waived].map(noticeOf), ...plan.notices],
  }
}

const noticeOf = (id: string): Notice => ({
  layer: id.slice(0, id.indexOf('/')),
  object: id,
  message: 'is not waited for: it is to be ignored',
})
