import type { Ask } from '../../model/verification.ts'
import type { Lost, Watched } from '../../model/watch.ts'
import type { Colours } from '../colours.ts'
import { counted, listed, printable } from '../printable.ts'
import { table } from '../table.ts'
import { askText } from './words.ts'

/** A loss the moment it is heard of, on one line: `02:11:40.120 lost pod-to-pod IPv4: … : refused, during kubelet/n1`. */
export const lostLine = ({ ask, at, seen, during }: Lost, colours: Colours): string =>
  `${at.slice(11, 23)} ${colours.red('lost')} ${ask.scenario} ${ask.family}: ${printable(askText(ask))}: ${printable(seen)}${during.length > 0 ? `, during ${printable(listed(during))}` : ''}\n`

/** What a watch saw: how much was sent, and of each path that lost something how much, for how long, and in which steps. */
export function watchedText(watched: Watched, { colours }: { readonly colours: Colours }): string {
  const { from, to, sent, asks, lost, more, unheard } = watched
  const seconds = Math.round((Date.parse(to) - Date.parse(from)) / 1000)
  const all = lost.length + more
  const result = `${counted(sent, 'request')} on ${counted(asks.length, 'path')} in ${seconds} s: `
  const verdict = all === 0 ? colours.green('none lost') : colours.red(`${all} lost`)
  return [
    lost.length > 0 && `${lostTable(lost, colours)}\n`,
    `${result}${sent === 0 ? colours.red('nothing was heard') : verdict}.\n`,
    more > 0 && `The first ${lost.length} losses are listed; ${more} more were counted.\n`,
    ...unheard.map(({ place, reason }) => `Not all is known of ${printable(place)}: ${printable(reason)}\n`),
  ]
    .filter(part => part !== false)
    .join('')
}

function lostTable(lost: readonly Lost[], colours: Colours): string {
  const paths = new Map<string, { readonly ask: Ask; readonly losses: Lost[] }>()
  for (const one of lost) {
    const path = paths.get(one.ask.id) ?? { ask: one.ask, losses: [] }
    path.losses.push(one)
    paths.set(one.ask.id, path)
  }
  return table(
    ['PATH', 'LOST', 'FIRST', 'LAST', 'SEEN', 'DURING'],
    [...paths.values()].map(({ ask, losses }) => [
      `${ask.scenario} ${ask.family}: ${askText(ask)}`,
      String(losses.length),
      losses[0]?.at.slice(11, 23) ?? '',
      losses.at(-1)?.at.slice(11, 23) ?? '',
      listed([...new Set(losses.map(({ seen }) => seen))], 2),
      listed([...new Set(losses.flatMap(({ during }) => during))], 3),
    ]),
    colours.bold,
  )
}
