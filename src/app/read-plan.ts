import { readFile } from 'node:fs/promises'
import { messageOf, UsageError } from '../base/errors.ts'
import type { Plan } from '../model/plan.ts'
import { parsePlan } from '../model/plan-schema.ts'

/** A plan that `dualstack plan --save` wrote. @throws UsageError that says what in which file is wrong */
export async function readPlan(path: string): Promise<Plan> {
  const hint = 'Make a new one: dualstack plan --save FILE.'
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    throw new UsageError(`cannot read ${path}: ${messageOf(error)}`, hint, 'plan.unreadable')
  })
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    throw new UsageError(`${path} is no plan: ${messageOf(error)}`, hint, 'plan.unreadable')
  }
  const parsed = parsePlan(value)
  if ('plan' in parsed) return parsed.plan
  throw new UsageError(`${path} is no plan of this version: ${parsed.problem}`, hint, 'plan.unreadable')
}
