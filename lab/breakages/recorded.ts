import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Outcome } from './breakage.ts'
import { breakages } from './index.ts'

const file = join(import.meta.dirname, 'recorded.json')

/** What the last runs gave, in the order of the breakages. */
export const recorded = (): readonly Outcome[] =>
  existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as readonly Outcome[]) : []

/** In place of what was recorded of the same breakage. */
export function record(outcome: Outcome): void {
  const all = [...recorded().filter(({ id }) => id !== outcome.id), outcome]
  const order = breakages.map(({ id }) => id)
  const sorted = all
    .filter(({ id }) => order.includes(id))
    .toSorted((a, b) => order.indexOf(a.id) - order.indexOf(b.id))
  writeFileSync(file, `${JSON.stringify(sorted, undefined, 1)}\n`)
}
