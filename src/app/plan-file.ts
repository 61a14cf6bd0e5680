import { createHash } from 'node:crypto'
import { access, open } from 'node:fs/promises'
import { messageOf, UsageError } from '../base/errors.ts'
import type { Plan } from '../model/plan.ts'

const planFile = (plan: Plan): string => `${JSON.stringify(plan, null, 2)}\n`

/** What `sha256sum` says of the file that `savePlan` writes: a document names it, so that what is run is what was agreed to. */
export const fingerprintOf = (plan: Plan): string => createHash('sha256').update(planFile(plan)).digest('hex')

/** Writes a plan to a new file. @throws UsageError as `writeNew` */
export const savePlan = (path: string, plan: Plan): Promise<void> => writeNew(path, planFile(plan))

/** @throws UsageError when something is there already: told before the work, of a file that is written after it */
export async function requireNew(path: string): Promise<void> {
  const isThere = await access(path).then(
    () => true,
    () => false,
  )
  if (isThere) throw thereAlready(path)
}

const thereAlready = (path: string): UsageError => new UsageError(`${path} is there already`, newFileHint)
const newFileHint = 'Name a new file in a folder where you may write.'

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
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') throw thereAlready(path)
    throw new UsageError(`cannot write ${path}: ${messageOf(error)}`, newFileHint)
  }
}
