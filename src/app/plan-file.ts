import { createHash } from 'node:crypto'
import { open } from 'node:fs/promises'
import { messageOf, UsageError } from '../base/errors.ts'
import type { Plan } from '../model/plan.ts'

const planFile = (plan: Plan): string => `${JSON.stringify(plan, null, 2)}\n`

/** What `sha256sum` says of the file that `savePlan` writes: a document names it, so that what is run is what was agreed to. */
export const fingerprintOf = (plan: Plan): string => createHash('sha256').update(planFile(plan)).digest('hex')

/** Writes a plan to a new file. @throws UsageError as `writeNew` */
export const savePlan = (path: string, plan: Plan): Promise<void> => writeNew(path, planFile(plan))

/** Writes a new file. @throws UsageError when something is there already: what somebody agreed to is not written over */
export async function writeNew(path: string, text: string): Promise<void> {
  try {
    const file = await open(path, 'wx')
    try {
      await file.writeFile(text)
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
