import type { KubeObject, Resource } from '../model/cluster.ts'
import { podResource, type Site } from './site.ts'
import { hashOfTemplate, templateOf } from './workloads.ts'

const hashLabel = 'controller-revision-hash'

/** Which revision a template is: those that were there keep their name, so that a template that comes back is the old revision again. */
export class Revisions {
  readonly #known = new Map<string, Map<string, string>>()
  /** Where each pod of a StatefulSet ran last: its volumes are there. */
  readonly #places = new Map<string, string>()

  constructor(site: Site) {
    for (const resource of ['apps/v1/daemonsets', 'apps/v1/statefulsets'])
      for (const set of site.store.list(resource)) this.#learn(site, resource, set)
  }

  #learn(site: Site, resource: Resource, set: KubeObject): void {
    const said = (set['status'] as { updateRevision?: string } | undefined)?.updateRevision
    const youngest = site.store
      .ownedBy(set.metadata.uid, podResource)
      .toSorted((a, b) =>
        (a.metadata.creationTimestamp ?? '') < (b.metadata.creationTimestamp ?? '') ? 1 : -1,
      )[0]
    const hash = resource.endsWith('statefulsets') ? said : youngest?.metadata.labels?.[hashLabel]
    if (hash !== undefined) this.#known.set(keyOf(set), new Map([[textOf(set), hash]]))
  }

  of(set: KubeObject): string {
    const known = this.#known.get(keyOf(set)) ?? new Map<string, string>()
    this.#known.set(keyOf(set), known)
    const text = textOf(set)
    const isStateful = 'serviceName' in (set['spec'] as object)
    const hash =
      known.get(text) ?? `${isStateful ? `${set.metadata.name}-` : ''}${hashOfTemplate(templateOf(set))}`
    known.set(text, hash)
    return hash
  }

  remember(set: KubeObject, ordinal: number, node: string): void {
    this.#places.set(`${keyOf(set)} ${ordinal}`, node)
  }

  placeOf(set: KubeObject, ordinal: number): string | undefined {
    return this.#places.get(`${keyOf(set)} ${ordinal}`)
  }
}

const keyOf = ({ metadata }: KubeObject): string =>
  metadata.uid ?? `${metadata.namespace ?? ''}/${metadata.name}`
const textOf = (set: KubeObject): string => JSON.stringify(templateOf(set))
