import type { Answer, Ask, Place, Verification } from '../../model/verification.ts'
import { groupBy } from '../../layers/shared/group.ts'
import type { Colours } from '../colours.ts'
import { listed, printable } from '../printable.ts'
import { type Cell, table } from '../table.ts'
import { addressText, placeText } from './words.ts'

/** What `dualstack verify SUBJECT` is about: the places whose addresses are shown. */
export type Subject = 'pod' | 'service' | 'ingress'

const kinds: Readonly<Record<Subject, readonly Place['kind'][]>> = {
  pod: ['pod'],
  service: ['service', 'dns'],
  ingress: ['ingress'],
}
const titles: Readonly<Record<Subject, string>> = {
  pod: 'TEST POD',
  service: 'SERVICE',
  ingress: 'INGRESS',
}
/** In a large cluster those that fail stand first, and the rest is in the JSON. */
const mostTargets = 12

/** Of each pod, Service or Ingress its address in each family, and from where it answers there. Empty where none was asked. */
export function subjectText(verification: Verification, subject: Subject, colours: Colours): string {
  const asked = verification.answers.filter(
    ({ ask }) => kinds[subject].includes(ask.to.kind) && ask.expect === 'answers',
  )
  const targets = groupBy(asked, ({ ask }) => placeText(ask.to))
  if (targets.size === 0) return ''
  const fails = (answers: readonly Answer[]): boolean => answers.some(({ outcome }) => outcome === 'failed')
  const shown = [...targets].toSorted(([, a], [, b]) => Number(fails(b)) - Number(fails(a)))
  const rows = shown
    .slice(0, mostTargets)
    .flatMap(([name, answers]) => rowsOf(name, answers, verification, colours))
  const more = targets.size - mostTargets
  return `${table([titles[subject], 'FAMILY', 'ADDRESS', 'ANSWERS'], rows, colours.bold)}${more > 0 ? `… and ${more} more (-o json has them all)\n` : ''}`
}

/** One for each family, also for one in which there is no address. */
const rowsOf = (
  name: string,
  answers: readonly Answer[],
  { families }: Verification,
  colours: Colours,
): (string | Cell)[][] =>
  families.flatMap((family): (string | Cell)[][] => {
    const own = answers.filter(({ ask }) => ask.family === family)
    const addresses = groupBy(own, ({ ask }) => wayText(ask))
    if (addresses.size === 0)
      return [[printable(name), family, 'none', { text: 'not asked', paint: colours.dim }]]
    return [...addresses].map(([address, some]) => [
      printable(name),
      family,
      printable(address),
      answerText(some, colours),
    ])
  })

/** How one gets there: an Ingress answers by the name that it is asked for, a pod on several ports, of which none matters here. */
function wayText({ to, host, protocol, ...ask }: Ask): string {
  const more = [
    to.kind === 'ingress' && host !== undefined && `, Host ${host}`,
    to.kind === 'service' && (protocol === 'UDP' || protocol === 'SCTP') && ` ${protocol}`,
  ]
  const address = addressText({ ...ask, to, protocol, ...(to.kind === 'pod' ? { port: undefined } : {}) })
  return `${address}${more.filter(part => part !== false).join('')}`
}

function answerText(answers: readonly Answer[], colours: Colours): Cell {
  const places = [
    ...new Map(answers.map(({ ask: { from } }) => [`${from.kind}:${from.name}`, from] as const)).values(),
  ]
  const fails = (place: Place): boolean =>
    answers.some(
      ({ ask, outcome }) =>
        ask.from.kind === place.kind && ask.from.name === place.name && outcome === 'failed',
    )
  const well = places.filter(place => !fails(place))
  const ill = places.filter(fails)
  return {
    text: [
      ...(well.length > 0 ? [`to ${placesText(well)}`] : []),
      ...(ill.length > 0 ? [`NOT to ${placesText(ill)}`] : []),
    ].join('; '),
    paint: ill.length > 0 ? colours.red : colours.green,
  }
}

/** `nodes n1 and n2, pods on n1 and n2` */
function placesText(places: readonly Place[]): string {
  const nodes = places.filter(({ kind }) => kind === 'node').map(({ name }) => name)
  const pods = [...new Set(places.filter(({ kind }) => kind === 'pod').map(({ node = '' }) => node))]
  const others = places.filter(({ kind }) => kind !== 'node' && kind !== 'pod').map(({ name }) => name)
  return [
    ...(nodes.length > 0 ? [`${nodes.length === 1 ? 'node' : 'nodes'} ${listed(nodes, 5)}`] : []),
    ...(pods.length > 0 ? [`pods on ${listed(pods, 5)}`] : []),
    ...others,
  ].join(', ')
}
