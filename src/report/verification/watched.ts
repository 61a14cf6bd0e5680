import type { Ask } from '../../model/verification.ts'
import type { Lost, Watched } from '../../model/watch.ts'
import type { Colours } from '../colours.ts'
import { counted, listed, printable } from '../printable.ts'
import { table } from '../table.ts'
import { askText } from './words.ts'

/** A loss the moment it is heard of, on one line: `02:11:40.120 lost pod-to-pod IPv4: … : refused, during kubelet/n1`. */
export const lostLine = ({ ask, at, seen, during }: Lost, colours: Colours): string =>
  `${at.slice(11, 23)} ${colours.red('lost')} ${pathOf(ask)}: ${printable(seen)}${during.length > 0 ? `, during ${printable(listed(during))}` : ''}\n`

const pathOf = (ask: Ask): string => `${ask.scenario} ${ask.family}: ${printable(askText(ask))}`

const lossesOf = ({ lost, more }: Watched): number => lost.length + more

/** `1203 requests on 2 paths in 185 s: none lost.` */
export function watchedVerdict(watched: Watched): string {
  const { from, to, sent, asks } = watched
  const seconds = Math.round((Date.parse(to) - Date.parse(from)) / 1000)
  const all = lossesOf(watched)
  const verdict = sent === 0 ? 'nothing was heard' : all === 0 ? 'none lost' : `${all} lost`
  return `${counted(sent, 'request')} on ${counted(asks.length, 'path')} in ${seconds} s: ${verdict}.`
}

/** What a watch saw: how much was sent, and of each path that lost something how much, for how long, and in which steps. */
export function watchedText(watched: Watched, { colours }: { readonly colours: Colours }): string {
  const { sent, lost, more, unheard, unwatched } = watched
  const isWell = sent > 0 && lossesOf(watched) === 0
  return [
    lost.length > 0 && `${lostTable(lost, colours)}\n`,
    `${(isWell ? colours.green : colours.red)(watchedVerdict(watched))}\n`,
    more > 0 && `The first ${lost.length} losses are listed; ${more} more were counted.\n`,
    ...unheard.map(({ place, reason }) => `Not all is known of ${printable(place)}: ${printable(reason)}\n`),
    ...unwatched.map(
      ({ ask, seen }) => `Not watched, it failed before: ${pathOf(ask)}: ${printable(seen)}\n`,
    ),
  ]
    .filter(part => part !== false)
    .join('')
}

/** One row for each path that lost something. */
export function lossesByPath(lost: readonly Lost[]) {
  const paths = new Map<string, { readonly ask: Ask; readonly losses: Lost[] }>()
  for (const one of lost) {
    const path = paths.get(one.ask.id) ?? { ask: one.ask, losses: [] }
    path.losses.push(one)
    paths.set(one.ask.id, path)
  }
  return [...paths.values()].map(({ ask, losses }) => ({
    path: pathOf(ask),
    count: losses.length,
    first: losses[0]?.at.slice(11, 23) ?? '',
    last: losses.at(-1)?.at.slice(11, 23) ?? '',
    seen: listed([...new Set(losses.map(({ seen }) => seen))], 2),
    during: listed([...new Set(losses.flatMap(({ during }) => during))], 3),
  }))
}

const lostTable = (lost: readonly Lost[], colours: Colours): string =>
  table(
    ['PATH', 'LOST', 'FIRST (UTC)', 'LAST', 'SEEN', 'DURING'],
    lossesByPath(lost).map(({ path, count, first, last, seen, during }) => [
      path,
      String(count),
      first,
      last,
      seen,
      during,
    ]),
    colours.bold,
  )
