import type { Diagnoses, Diagnosis, Evidence } from '../model/failure.ts'
import type { Colours } from './colours.ts'
import { counted, printable } from './printable.ts'

/** Causes with what they were concluded from and what to do, then what nobody knows, what was looked at, and what was not. */
export function diagnosesText(diagnoses: Diagnoses, colours: Colours): string {
  const { found, unknown, collect, lookedAt, notRead } = diagnoses
  const parts = [
    ...found.map((one, index) => diagnosisLines(one, index + 1, colours)),
    unknown.length === 0
      ? []
      : [
          colours.bold(
            unknown.length === 1
              ? "An error that I don't know"
              : "Errors that I don't know, the most frequent first",
          ),
          ...unknown.map(evidence),
          '    to find out, collect:',
          ...collect.map(what => `    - ${what}`),
        ],
    [verdict(diagnoses, colours)],
    lines('Looked at:', lookedAt, colours),
    lines('Not read:', notRead, colours),
  ]
  return parts
    .filter(part => part.length > 0)
    .map(part => part.map(line => `${line}\n`).join(''))
    .join('\n')
}

const lines = (title: string, rest: readonly string[], colours: Colours): readonly string[] =>
  rest.length === 0 ? [] : [colours.bold(title), ...rest.map(line => `    ${printable(line)}`)]

function diagnosisLines(one: Diagnosis, number: number, colours: Colours): readonly string[] {
  const sure = one.certainty === 'sure' ? colours.red('sure') : colours.yellow('likely')
  return [
    `${number}. ${colours.bold(printable(one.title))} (${sure}, ${one.failure})`,
    `    ${printable(one.cause)}`,
    `    ${colours.dim('because:')}`,
    ...one.because.map(evidence),
    `    ${colours.green('mend:')} ${printable(one.fix)}`,
    `    ${colours.dim('source:')} ${printable(one.source)}`,
  ]
}

function evidence({ where, says, at, times }: Evidence): string {
  const when = at === undefined ? '' : ` at ${printable(at)}`
  const often = times === undefined ? '' : ` ×${times}`
  return `    - ${printable(where)}${when}${often}: ${printable(says)}`
}

function verdict({ found, unknown, lookedAt }: Diagnoses, colours: Colours): string {
  const sure = found.filter(({ certainty }) => certainty === 'sure').length
  if (found.length > 0) {
    const first = found.length > 1 ? ' Begin with the first: it may cause what follows.' : ''
    return `${colours.bold(counted(found.length, 'cause'))} found, ${sure} of them sure.${first}`
  }
  if (unknown.length > 0) return 'No known failure explains these errors.'
  return lookedAt.length === 0 ? 'Nothing could be looked at.' : 'No sign of a known failure.'
}
