import type { Watched } from '../../model/watch.ts'

/** Two watches of the same paths, one after the other, as one. */
export function joinWatched(first: Watched, second: Watched): Watched {
  const byId = <T extends { readonly ask: { readonly id: string } }>(all: readonly T[]): readonly T[] => [
    ...new Map(all.map(one => [one.ask.id, one])).values(),
  ]
  return {
    from: first.from,
    to: second.to,
    sent: first.sent + second.sent,
    asks: byId([...first.asks, ...second.asks].map(ask => ({ ask }))).map(({ ask }) => ask),
    unwatched: byId([...first.unwatched, ...second.unwatched]),
    lost: [...first.lost, ...second.lost],
    more: first.more + second.more,
    unheard: [...first.unheard, ...second.unheard],
  }
}
