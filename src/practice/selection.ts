import type { KubeObject, Resource } from '../model/cluster.ts'
import type { Index } from '../model/simulation.ts'
import { type LabelSelector, selects } from '../layers/shared/selector.ts'
import { podResource } from './site.ts'
import type { Store } from './store.ts'

type Labels = Readonly<Record<string, string>>

const pairsOf = (namespace: string, labels: Labels = {}): readonly string[] =>
  Object.entries(labels).map(([key, value]) => `${namespace}/${key}=${value}`)

/** A pod keeps its labels for life: what they give is made once. */
const known = new WeakMap<Labels, { readonly namespace: string; readonly pairs: readonly string[] }>()

const podsByLabel: Index = {
  resource: podResource,
  keys({ metadata: { namespace = '', labels } }) {
    if (labels === undefined) return []
    const before = known.get(labels)
    if (before?.namespace === namespace) return before.pairs
    const pairs = pairsOf(namespace, labels)
    known.set(labels, { namespace, pairs })
    return pairs
  },
}

/** The pods of a namespace that a selector selects, in order. */
export function podsSelected(
  store: Store,
  namespace: string,
  selector: LabelSelector | undefined,
): readonly KubeObject[] {
  const [first, ...more] = pairsOf(namespace, selector?.matchLabels)
  const candidates =
    first === undefined
      ? store.list(podResource, namespace)
      : store.find(
          podsByLabel,
          more.reduce(
            (rarest, pair) =>
              store.countOf(podsByLabel, pair) < store.countOf(podsByLabel, rarest) ? pair : rarest,
            first,
          ),
        )
  return candidates.filter(pod => selects(selector, pod.metadata.labels ?? {}))
}

/**
 * Which Services or budgets select a pod. A namespace may have thousands of each: every one is kept by the label of its selector that the fewest
 * before it wanted, and only those are tried that want a label of the pod.
 */
export class Selecting {
  readonly #store: Store
  readonly #resource: Resource
  readonly #selectorOf: (object: KubeObject) => LabelSelector | undefined
  readonly #wanted = new Map<string, number>()
  readonly #byPair = new Map<string, Set<string>>()
  readonly #pairOf = new Map<string, string>()

  constructor(
    store: Store,
    resource: Resource,
    selectorOf: (object: KubeObject) => LabelSelector | undefined,
  ) {
    this.#store = store
    this.#resource = resource
    this.#selectorOf = selectorOf
    for (const object of store.list(resource)) this.#add(object)
    store.onWrite(({ resource: written, before, after }) => {
      if (written !== resource) return
      if (before !== undefined) this.#drop(before)
      if (after !== undefined) this.#add(after)
    })
  }

  /** In the order of their names. */
  of({ metadata: { namespace = '', labels = {} } }: KubeObject): readonly KubeObject[] {
    const found: KubeObject[] = []
    for (const pair of [anything(namespace), ...pairsOf(namespace, labels)])
      for (const name of this.#byPair.get(pair) ?? []) {
        const object = this.#store.get(this.#resource, namespace, name)
        if (object !== undefined && selects(this.#selectorOf(object), labels)) found.push(object)
      }
    return found.sort((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1))
  }

  #add(object: KubeObject): void {
    const { namespace = '', name } = object.metadata
    const selector = this.#selectorOf(object)
    if (selector === undefined) return
    const pairs = pairsOf(namespace, selector.matchLabels)
    const times = (pair: string): number => this.#wanted.get(pair) ?? 0
    const pair = pairs.reduce(
      (rarest, one) => (rarest === '' || times(one) < times(rarest) ? one : rarest),
      '',
    )
    for (const one of pairs) this.#wanted.set(one, times(one) + 1)
    const kept = pair === '' ? anything(namespace) : pair
    this.#byPair.set(kept, (this.#byPair.get(kept) ?? new Set()).add(name))
    this.#pairOf.set(`${namespace}/${name}`, kept)
  }

  #drop(object: KubeObject): void {
    const { namespace = '', name } = object.metadata
    for (const pair of pairsOf(namespace, this.#selectorOf(object)?.matchLabels))
      this.#wanted.set(pair, (this.#wanted.get(pair) ?? 1) - 1)
    const kept = this.#pairOf.get(`${namespace}/${name}`)
    this.#pairOf.delete(`${namespace}/${name}`)
    if (kept !== undefined) this.#byPair.get(kept)?.delete(name)
  }
}

/** For selectors that want no label by its value. */
const anything = (namespace: string): string => `${namespace}/`
