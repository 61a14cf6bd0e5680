import type { Family } from '../../address/family.ts'
import type { Answer, Verification } from '../../model/verification.ts'
import type { Colours } from '../colours.ts'
import { type Cell, table } from '../table.ts'

/** What pods and Services carry: routes of nodes, and echoes between them, make no family of a cluster. */
const carries = ({ ask: { from, to } }: Answer): boolean =>
  from.kind === 'pod' || to.kind === 'pod' || to.kind === 'service' || to.kind === 'ingress'

/** Families in which nothing could be asked, though something was in another. */
export const missingFamilies = ({ answers, families }: Verification): readonly Family[] =>
  families.filter(
    family =>
      answers.length === 0 ||
      (answers.some(carries) && !answers.some(one => carries(one) && one.ask.family === family)),
  )

/** One row a path, one column a family: what one looks at first. */
export function pathsText(
  { answers, families }: Verification,
  titles: ReadonlyMap<string, string>,
  colours: Colours,
): string {
  const ids = [...new Set(answers.map(({ ask }) => ask.scenario))]
  const rows = ids.map((id): (string | Cell)[] => [
    titles.get(id) ?? id,
    ...families.map((family): string | Cell => {
      const own = answers.filter(({ ask }) => ask.scenario === id && ask.family === family)
      if (own.length === 0) return 'not asked'
      const passed = own.filter(({ outcome }) => outcome === 'passed').length
      return passed === own.length
        ? { text: `ok (${passed})`, paint: colours.green }
        : { text: `${own.length - passed} of ${own.length} FAILED`, paint: colours.red }
    }),
    id,
  ])
  return table(['PATH', ...families.map(family => family.toUpperCase()), 'SCENARIO'], rows, colours.bold)
}

/** What the verdict on requests does not say: all may have passed, and a family be missing; undefined: none is. */
export function missingText(result: Verification): string | undefined {
  const missing = missingFamilies(result)
  if (missing.length === 0) return undefined
  return `No pod and no Service could be asked in ${missing.join(' and ')}: the reasons stand above.\n`
}
