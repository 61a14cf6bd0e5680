import { groupBy } from './group.ts'
import { type LabelSelector, selects } from './selector.ts'

type Labels = Readonly<Record<string, string>>

/** Where something with a selector stands, and what it selects there. */
interface Selecting {
  readonly namespace: string
  readonly selector: LabelSelector | undefined
}

interface Entry<Item> {
  readonly item: Item
  readonly selector: LabelSelector
  readonly position: number
}

/**
 * Which of many Services, budgets or policies select a pod, in their order. Not each is tried: ten thousand budgets and as many owners in one
 * namespace would be a hundred million questions. Pods that share their labels are asked for once.
 */
export function whoSelects<Item>(
  items: readonly Item[],
  read: (item: Item) => Selecting,
): (pod: { readonly namespace: string; readonly labels: Labels }) => readonly Item[] {
  const entries = items.flatMap((item, position) => {
    const { namespace, selector } = read(item)
    return selector === undefined ? [] : [{ namespace, item, selector, position }]
  })
  const namespaces = new Map(
    [...groupBy(entries, entry => entry.namespace)].map(([namespace, own]) => [namespace, indexOf(own)]),
  )
  return ({ namespace, labels }) => namespaces.get(namespace)?.(labels) ?? []
}

/** A label's key has no `=` in it. */
const pairsOf = (labels: Labels = {}): readonly string[] =>
  Object.entries(labels).map(([key, value]) => `${key}=${value}`)

/** Each is found by the label that the fewest others want too: all may want `managed-by=Helm`. */
function indexOf<Item>(entries: readonly Entry<Item>[]): (labels: Labels) => readonly Item[] {
  const wanted = new Map<string, number>()
  for (const { selector } of entries)
    for (const pair of pairsOf(selector.matchLabels)) wanted.set(pair, (wanted.get(pair) ?? 0) + 1)
  const times = (pair: string): number => wanted.get(pair) ?? 0
  const byPair = groupBy(entries, ({ selector }) =>
    pairsOf(selector.matchLabels).reduce<string | undefined>(
      (rarest, pair) => (rarest === undefined || times(pair) < times(rarest) ? pair : rarest),
      undefined,
    ),
  )
  const known = new WeakMap<Labels, readonly Item[]>()
  return labels => {
    const before = known.get(labels)
    if (before !== undefined) return before
    const found = [undefined, ...pairsOf(labels)]
      .flatMap(pair => byPair.get(pair) ?? [])
      .filter(({ selector }) => selects(selector, labels))
      .sort((a, b) => a.position - b.position)
      .map(({ item }) => item)
    known.set(labels, found)
    return found
  }
}
