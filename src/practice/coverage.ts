import type { KubeObject } from '../model/cluster.ts'
import { fits, type PodSpec } from './fits.ts'
import { isDeleting, isLive, isReady, nodeOf } from './pod-status.ts'
import { podResource } from './site.ts'
import type { Store } from './store.ts'
import { templateOf } from './workloads.ts'

/** What may be so of a node, by its pods of one DaemonSet; of those that leave only `both` and `none` know. */
const traits = {
  /** No pod at all, not even one that leaves. */
  none: pods => pods.length === 0,
  /** One that serves. */
  up: pods => pods.some(({ pod }) => isReady(pod) && !isDeleting(pod)),
  live: pods => pods.some(({ pod }) => isLive(pod)),
  ready: pods => pods.some(({ pod }) => isLive(pod) && isReady(pod)),
  updated: pods => pods.some(({ pod, isNew }) => isNew && isLive(pod)),
  oldReady: pods => pods.some(({ pod, isNew }) => !isNew && !isDeleting(pod) && isReady(pod)),
  oldUnready: pods => pods.some(({ pod, isNew }) => !isNew && !isDeleting(pod) && !isReady(pod)),
  /** A new one beside an old one, as while it is replaced with surge. */
  both: pods => pods.some(({ isNew }) => isNew) && pods.some(({ isNew }) => !isNew),
  /** An old one may go: the new one is ready. */
  replaced: pods =>
    pods.some(({ pod, isNew }) => isNew && isReady(pod)) &&
    pods.some(({ pod, isNew }) => !isNew && !isDeleting(pod)),
  onlyOld: pods =>
    !pods.some(({ isNew }) => isNew) && pods.some(({ pod, isNew }) => !isNew && !isDeleting(pod)),
} satisfies Readonly<
  Record<string, (pods: readonly { readonly pod: KubeObject; readonly isNew: boolean }[]) => boolean>
>
type Trait = keyof typeof traits
const all = Object.keys(traits) as Trait[]

/** Where a DaemonSet has which pods. It is right as soon as `follow` was called. */
export class Coverage {
  readonly #store: Store
  readonly #spec: unknown
  /** Nodes that the set's pods fit on. */
  readonly #fitting: ReadonlySet<string>
  /** By node and name. */
  readonly #pods = new Map<string, Map<string, KubeObject>>()
  readonly #nodeOf = new Map<string, string>()
  readonly #nodes = new Map<Trait, Set<string>>(all.map(trait => [trait, new Set()]))
  /** Nodes of which a pod was written. */
  readonly #changed = new Set<string>()

  constructor(
    store: Store,
    set: KubeObject,
    /** Of the pods of its template. */
    readonly hash: string,
  ) {
    this.#store = store
    this.#spec = set['spec']
    const spec = (templateOf(set).spec ?? {}) as PodSpec
    const fitting = store.list('v1/nodes').filter(node => fits(node, spec, true))
    this.#fitting = new Set(fitting.map(({ metadata }) => metadata.name))
    for (const node of this.#fitting) this.#changed.add(node)
    for (const pod of store.ownedBy(set.metadata.uid, podResource)) this.see(pod)
    this.follow()
  }

  /** How many nodes have a pod when all is well. */
  get desired(): number {
    return this.#fitting.size
  }

  /** Is the specification still the one that it was made for? */
  isOf(set: KubeObject): boolean {
    return set['spec'] === this.#spec
  }

  /** A pod of the set was written. */
  see(pod: KubeObject): void {
    const { namespace, name } = pod.metadata
    const now = this.#store.get(podResource, namespace, name)
    const node = nodeOf(now ?? pod)
    const before = this.#nodeOf.get(name)
    if (before !== undefined && before !== node) this.#take(before, name)
    if (now === undefined) return this.#take(node, name)
    const pods = this.#pods.get(node) ?? new Map<string, KubeObject>()
    this.#pods.set(node, pods.set(name, now))
    this.#nodeOf.set(name, node)
    this.#changed.add(node)
  }

  #take(node: string, name: string): void {
    this.#pods.get(node)?.delete(name)
    this.#nodeOf.delete(name)
    this.#changed.add(node)
  }

  follow(): void {
    for (const node of this.#changed) {
      const pods = [...(this.#pods.get(node)?.values() ?? [])].map(pod => ({ pod, isNew: this.#isNew(pod) }))
      for (const trait of all) {
        const nodes = this.#nodes.get(trait)
        if (traits[trait](pods)) nodes?.add(node)
        else nodes?.delete(node)
      }
    }
    this.#changed.clear()
  }

  count(trait: Trait): number {
    return this.#nodes.get(trait)?.size ?? 0
  }

  nodes(trait: Trait): Iterable<string> {
    return this.#nodes.get(trait) ?? []
  }

  /** Nodes that lack a pod. */
  bare(): readonly string[] {
    return [...this.nodes('none')].filter(node => this.#fitting.has(node))
  }

  /** Pods of an older template that do not leave yet. */
  oldOf(node: string, ready: boolean): readonly KubeObject[] {
    return [...(this.#pods.get(node)?.values() ?? [])].filter(
      pod => !this.#isNew(pod) && !isDeleting(pod) && isReady(pod) === ready,
    )
  }

  #isNew(pod: KubeObject): boolean {
    return pod.metadata.labels?.['controller-revision-hash'] === this.hash
  }
}
