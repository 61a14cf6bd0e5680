import type { Answer, Verification } from '../../model/verification.ts'
import type { Colours } from '../colours.ts'
import { listed, printable } from '../printable.ts'
import { table } from '../table.ts'
import { type Matrix, matricesOf } from './matrix.ts'
import {
  askText,
  baselineText,
  evidenceLines,
  expectedText,
  failuresOf,
  flakyOf,
  standingOf,
  verdictText,
} from './words.ts'

/** Wider, and a terminal would wrap each line of the matrix. */
const mostNodes = 12
/** After these a person looks at the matrix; the JSON has them all. */
const mostFailures = 20
/** Rules of a Service that was just made come a moment later: many of these are nothing new. */
const mostFlaky = 5

/** A matrix for each family, what failed with what was found out about it, what was skipped, and the verdict. */
export function verificationText(
  verification: Verification,
  { colours, matrices = true }: { readonly colours: Colours; readonly matrices?: boolean },
): string {
  const failures = failuresOf(verification)
  const more = failures.length - mostFailures
  return [
    ...(matrices ? matricesOf(verification, mostNodes).map(matrix => matrixText(matrix, colours)) : []),
    failures.length > 0 &&
      [
        colours.bold('Failed'),
        ...failures.slice(0, mostFailures).map(answer => failureText(answer, verification, colours)),
        ...(more > 0 ? [`… and ${more} more (-o json has them all)`] : []),
        '',
      ].join('\n'),
    flakyText(verification, colours),
    skippedText(verification, colours),
    notAskedText(verification, colours),
    lastLines(verification, colours),
  ]
    .filter(part => part !== false && part !== '')
    .join('\n')
}

function matrixText({ family, rows, columns, cell, folded }: Matrix, colours: Colours): string {
  const body = rows.map(row => [
    { text: `from ${row}`, paint: colours.bold },
    ...columns.map(column => {
      const found = cell(row, column)
      if (found === undefined) return { text: '·', paint: colours.dim }
      const { passed, failed } = found
      if (failed === 0) return { text: `ok ${passed}`, paint: colours.green }
      return { text: `FAIL ${failed} of ${passed + failed}`, paint: colours.red }
    }),
  ])
  const fold = folded > 0 ? `${folded} more nodes are not shown; those that fail are shown first.\n` : ''
  return `${table([family, ...columns.map(column => `to ${column}`)], body, colours.bold)}${fold}`
}

function failureText(answer: Answer, verification: Verification, colours: Colours): string {
  const { ask, seen, layer, seenFrom, evidence = [] } = answer
  const standing = standingOf(ask.id, verification)
  return [
    `- ${colours.red(`${ask.scenario} ${ask.family} ${ask.protocol}`)}: ${printable(askText(ask))}`,
    `    expected ${expectedText(ask)}, seen: ${printable(seen)}`,
    ...(seenFrom === undefined ? [] : [`    the far side saw it come from ${printable(seenFrom)}`]),
    ...(standing === undefined ? [] : [`    ${standing}`]),
    ...(layer === undefined ? [] : [`    likely layer: ${printable(layer)}`]),
    ...evidence.flatMap(({ of, says }) => [
      `    ${colours.dim(`$ ${printable(of)}`)}`,
      ...evidenceLines(says).map(line => `      ${line}`),
    ]),
  ].join('\n')
}

function flakyText(verification: Verification, colours: Colours): string {
  const flaky = flakyOf(verification)
  if (flaky.length === 0) return ''
  const more = flaky.length - mostFlaky
  return [
    colours.bold(
      'As expected only when asked again (Services and policies that were just made take a moment)',
    ),
    ...flaky
      .slice(0, mostFlaky)
      .map(
        ({ ask, tries = 1 }) =>
          `- ${ask.scenario} ${ask.family} ${ask.protocol}: ${printable(askText(ask))}, ${tries} times`,
      ),
    ...(more > 0 ? [`… and ${more} more (-o json has them all)`] : []),
    '',
  ].join('\n')
}

function skippedText({ skipped }: Verification, colours: Colours): string {
  if (skipped.length === 0) return ''
  return table(
    ['SKIPPED', 'FAMILY', 'BECAUSE'],
    skipped.map(({ scenario, family, reason }) => [scenario, family ?? '', reason]),
    colours.bold,
  )
}

function notAskedText({ notAsked = [] }: Verification, colours: Colours): string {
  if (notAsked.length === 0) return ''
  return `${colours.bold('In the baseline, and asked no more')}: ${printable(listed(notAsked, 5))}\n`
}

function lastLines(verification: Verification, colours: Colours): string {
  const isWell = failuresOf(verification).length === 0 && verification.answers.length > 0
  const baseline = baselineText(verification)
  const paint = isWell ? colours.green : colours.red
  return [
    paint(verdictText(verification)),
    ...(baseline === undefined
      ? []
      : [(verification.worse?.length ?? 0) === 0 ? baseline : colours.red(baseline)]),
    '',
  ].join('\n')
}
