import type { Diagnoses, Diagnosis, Evidence, RunSeen } from '../model/failure.ts'
import type { Colours } from './colours.ts'
import { counted, printable } from './printable.ts'

/** A run that has not come to its end, then causes with what they were concluded from and what to do, then what nobody knows, what was looked at, and what was not. */
export function diagnosesText(diagnoses: Diagnoses, colours: Colours): string {
  const { run, found, unknown, collect, lookedAt, notRead } = diagnoses
  const parts = [
    run === undefined ? [] : runLines(run, colours),
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
    `${number}. ${colours.bold(printable(one.title))} (${sure}, ${[one.failure, ...(one.also ?? [])].join(', ')})`,
    ...halfDoneLines(one, colours),
    `    ${printable(one.cause)}`,
    `    ${colours.dim('because:')}`,
    ...one.because.map(evidence),
    `    ${colours.green('mend:')} ${printable(one.fix)}`,
    `    ${colours.dim('source:')} ${printable(one.source)}`,
  ]
}

function runLines({ state, says, because, next }: RunSeen, colours: Colours): readonly string[] {
  return [
    colours.bold(printable(says)),
    `    ${colours.dim('because:')}`,
    ...because.map(evidence),
    `    ${colours.green(state === 'under-way' ? 'wait:' : 'mend:')} ${printable(next)}`,
  ]
}

/** That it may pass is said where a person looks first. */
const halfDoneLines = ({ halfDone }: Diagnosis, colours: Colours): readonly string[] =>
  halfDone === undefined
    ? []
    : [
        `    ${colours.yellow('may be half-done:')} the run has steps to do yet that explain it: ${halfDone.join(', ')}`,
      ]

function evidence({ where, says, at, times }: Evidence): string {
  const when = at === undefined ? '' : ` at ${printable(at)}`
  const often = times === undefined ? '' : ` ×${times}`
  return `    - ${printable(where)}${when}${often}: ${printable(says)}`
}

function verdict({ run, found, unknown, lookedAt }: Diagnoses, colours: Colours): string {
  const sure = found.filter(({ certainty }) => certainty === 'sure').length
  if (found.length > 0) {
    if (found.every(({ halfDone }) => halfDone !== undefined)) {
      const then = run?.state === 'under-way' ? 'ask again when it has ended' : 'bring it to its end first'
      return `${colours.bold(counted(found.length, 'cause'))} found, none of them sure: the run explains ${found.length === 1 ? 'it' : 'each'}, so ${then}.`
    }
    const first = found.length > 1 ? ' Begin with the first: it may cause what follows.' : ''
    return `${colours.bold(counted(found.length, 'cause'))} found, ${sure} of them sure.${first}`
  }
  if (unknown.length > 0) return 'No known failure explains these errors.'
  return lookedAt.length === 0 ? 'Nothing could be looked at.' : 'No sign of a known failure.'
}
