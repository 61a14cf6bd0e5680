import type { KubeObject } from '../model/cluster.ts'
import { fits, type PodSpec } from './fits.ts'
import { Least } from './least.ts'
import { nodeOf } from './pod-status.ts'
import { podResource } from './site.ts'
import type { Store } from './store.ts'

/** Wishes of pods that are kept apart; beyond so many the oldest is forgotten and made again when it is asked for. */
const most = 64
const nodes = 'v1/nodes'

/** Gives a pod a node: of those that it fits on the one with the fewest pods, the first by name of equals. */
export class Scheduler {
  readonly #store: Store
  readonly #load = new Map<string, number>()
  /** By what pods ask of a node: those that have it, and how full they are. */
  readonly #pools = new Map<string, Pool>()

  constructor(store: Store) {
    this.#store = store
    for (const pod of store.list(podResource)) this.#count(nodeOf(pod), 1)
    store.onWrite(({ resource, before, after }) => {
      if (resource === nodes && isAnother(before, after)) this.#pools.clear()
      if (resource !== podResource) return
      const [from, to] = [before && nodeOf(before), after && nodeOf(after)]
      if (from === to) return
      if (from !== undefined) this.#count(from, -1)
      if (to !== undefined) this.#count(to, 1)
    })
  }

  choose(spec: PodSpec): string | undefined {
    const wish = JSON.stringify([spec.nodeSelector, spec.tolerations])
    const pool = this.#pools.get(wish) ?? this.#open(wish, spec)
    return pool.names[pool.loads.at()]
  }

  #open(wish: string, spec: PodSpec): Pool {
    const names = this.#store
      .list(nodes)
      .filter(node => fits(node, spec))
      .map(({ metadata }) => metadata.name)
    const places = new Map(names.map((name, place) => [name, place]))
    const pool = { names, places, loads: new Least(names.map(name => this.#load.get(name) ?? 0)) }
    const [oldest] = this.#pools.keys()
    if (this.#pools.size >= most && oldest !== undefined) this.#pools.delete(oldest)
    this.#pools.set(wish, pool)
    return pool
  }

  #count(node: string, by: number): void {
    const load = (this.#load.get(node) ?? 0) + by
    this.#load.set(node, load)
    for (const { places, loads } of this.#pools.values()) {
      const place = places.get(node)
      if (place !== undefined) loads.set(place, load)
    }
  }
}

interface Pool {
  readonly names: readonly string[]
  readonly places: ReadonlyMap<string, number>
  readonly loads: Least
}

/** Does another set of pods fit on it now? Most writes of a Node say what it reports. */
export const isAnother = (before: KubeObject | undefined, after: KubeObject | undefined): boolean =>
  before === undefined ||
  after === undefined ||
  before['spec'] !== after['spec'] ||
  before.metadata.labels !== after.metadata.labels
