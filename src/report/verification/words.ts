import type { Answer, Ask, Place, Verification } from '../../model/verification.ts'
import { counted, printable } from '../printable.ts'

/** `demo/web (n1)` */
export const placeText = ({ kind, name, node }: Place): string => {
  const shown = kind === 'pod' || kind === 'node' ? name : named(kind, name)
  return node === undefined || node === name ? shown : `${shown} (${node})`
}

const kinds: Readonly<Partial<Record<Place['kind'], string>>> = {
  service: 'Service',
  ingress: 'Ingress',
  dns: 'DNS',
  'api-server': 'API server',
}

function named(kind: Place['kind'], name: string): string {
  const title = kinds[kind]
  if (title === undefined) return name
  return name === '' || name === kind ? title : `${title} ${name}`
}

/** `[fd00::1]:8080`, `10.0.0.1:53`, or the bare address where there is no port. */
export function addressText({ address, port, family }: Ask): string {
  if (address === undefined) return ''
  if (port === undefined) return address
  return `${family === 'IPv6' ? `[${address}]` : address}:${port}`
}

/** `demo/a (n1) → demo/b (n2) [fd00::1]:8080, Host web.example, 2000 bytes unfragmented` */
export function askText(ask: Ask): string {
  const address = addressText(ask)
  const more = [
    ask.host !== undefined && (ask.protocol === 'DNS' ? `name ${ask.host}` : `Host ${ask.host}`),
    ask.size !== undefined && `${counted(ask.size, 'byte')}${ask.exact === true ? ', unfragmented' : ''}`,
  ].filter(part => part !== false)
  return [
    `${placeText(ask.from)} → ${placeText(ask.to)}${address === '' ? '' : ` ${address}`}`,
    ...more,
  ].join(', ')
}

/** What should have been, in words. */
export const expectedText = ({ expect }: Ask): string =>
  expect === 'denied' ? 'nothing to come through' : 'an answer'

export const failuresOf = ({ answers }: Verification): readonly Answer[] =>
  answers.filter(({ outcome }) => outcome === 'failed')

/** Failures that make the result a failure: all, but for what failed in the baseline too. */
export function newFailures(verification: Verification): readonly Answer[] {
  const known = new Set(verification.known)
  return failuresOf(verification).filter(({ ask }) => !known.has(ask.id))
}

/** How a failure stands against the baseline, where there is one. */
export function standingOf(id: string, { worse, known }: Verification): string | undefined {
  if (worse === undefined) return undefined
  if (worse.includes(id)) return 'worked in the baseline'
  return known?.includes(id) === true ? 'failed in the baseline too' : 'not in the baseline'
}

/** Evidence keeps its lines; whatever else could move a cursor is taken out of each. */
export const evidenceLines = (says: string): readonly string[] =>
  says
    .split(/\r?\n/)
    .map(printable)
    .filter((line, index, lines) => line !== '' || index < lines.length - 1)

/** How many, by family: `IPv4 60 of 60, IPv6 58 of 60`. */
const familyCounts = ({ families, answers }: Verification): string =>
  families
    .map(family => {
      const asked = answers.filter(({ ask }) => ask.family === family)
      return `${family} ${asked.filter(({ outcome }) => outcome === 'passed').length} of ${asked.length}`
    })
    .join(', ')

/** What came as expected only when it was asked again: lost once, and so worth a look where nothing was new. */
export const flakyOf = ({ answers }: Verification): readonly Answer[] =>
  answers.filter(({ tries = 1 }) => tries > 1)

/** The one line by which a result is judged. */
export function verdictText(verification: Verification): string {
  const { answers, skipped } = verification
  const failed = failuresOf(verification).length
  if (answers.length === 0) return 'Nothing was asked: every scenario was skipped.'
  const result =
    failed === 0
      ? `All ${counted(answers.length, 'probe')} passed`
      : `${failed} of ${counted(answers.length, 'probe')} failed`
  const flaky = flakyOf(verification).length
  const more = [
    ...(flaky > 0 ? [`; ${flaky} only when asked again`] : []),
    ...(skipped.length > 0 ? [`; ${skipped.length} skipped`] : []),
  ].join('')
  return `${result} (${familyCounts(verification)})${more}.`
}

/** What the comparison with a baseline says; undefined: there was none. */
export function baselineText({ worse, known, notAsked }: Verification): string | undefined {
  if (worse === undefined) return undefined
  const parts = [
    worse.length === 0
      ? 'nothing that worked fails now'
      : `${worse.length} that worked ${worse.length === 1 ? 'fails' : 'fail'} now`,
    known !== undefined && known.length > 0 && `${known.length} failed then too`,
    notAsked !== undefined &&
      notAsked.length > 0 &&
      `${notAsked.length} that worked ${notAsked.length === 1 ? 'is' : 'are'} asked no more`,
  ].filter(part => part !== false)
  return `Against the baseline: ${parts.join(', ')}.`
}
