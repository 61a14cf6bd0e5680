import { open } from 'node:fs/promises'
import { messageOf, UsageError } from '../base/errors.ts'
import type { Plan } from '../model/plan.ts'

/** Writes a plan to a new file. @throws UsageError when something is there already: a plan that somebody agreed to is not written over */
export async function savePlan(path: string, plan: Plan): Promise<void> {
  try {
    const file = await open(path, 'wx')
    try {
      await file.writeFile(`${JSON.stringify(plan, null, 2)}\n`)
      await file.sync()
    } finally {
      await file.close()
    }
  } catch (error) {
    const exists = (error as NodeJS.ErrnoException).code === 'EEXIST'
    throw new UsageError(
      exists ? `${path} is there already` : `cannot write ${path}: ${messageOf(error)}`,
      'Name a new file in a folder where you may write.',
    )
  }
}
