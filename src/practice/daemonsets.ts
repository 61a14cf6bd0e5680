import type { KubeObject } from '../model/cluster.ts'
import { getField } from '../model/fields.ts'
import { scaled } from '../layers/workloads/budget.ts'
import { Coverage } from './coverage.ts'
import type { Revisions } from './revisions.ts'
import { isAnother } from './scheduler.ts'
import { podResource, type Site } from './site.ts'
import { controllerOf } from './store.ts'
import { endPod, makePod, writeCounts } from './workloads.ts'

const daemonSets = 'apps/v1/daemonsets'
const hashLabel = 'controller-revision-hash'

/**
 * DaemonSets: one pod of their template on each node that it fits on, the old ones away as their strategy allows. A set on five thousand nodes is
 * looked at some ten thousand times while it is rolled out: what it has where is kept, and follows the pods that are written.
 */
export class DaemonSets {
  readonly #coverages = new Map<string, Coverage>()

  constructor(
    readonly site: Site,
    readonly revisions: Revisions,
  ) {
    site.store.onWrite(({ resource, before, after }) => {
      const object = after ?? before
      if (object === undefined) return
      if (resource === podResource) this.#coverages.get(controllerOf(object) ?? '')?.see(object)
      else if (resource === 'v1/nodes' && isAnother(before, after)) this.#coverages.clear()
      else if (resource === daemonSets && after === undefined)
        this.#coverages.delete(object.metadata.uid ?? '')
    })
  }

  reconcile(set: KubeObject): void {
    const coverage = this.#coverageOf(set)
    const make = (node: string) =>
      makePod(this.site, daemonSets, set, {
        node,
        labels: {
          [hashLabel]: coverage.hash,
          'pod-template-generation': String(set.metadata.generation ?? 1),
        },
      })
    for (const node of coverage.bare()) make(node)
    const strategy = (getField(set, ['spec', 'updateStrategy']) ?? {}) as {
      type?: string
      rollingUpdate?: Readonly<Record<string, unknown>>
    }
    if (strategy.type !== 'OnDelete') {
      const surge = scaled(strategy.rollingUpdate?.['maxSurge'], coverage.desired, 'up', 0)
      if (surge > 0) this.#rollWithSurge(coverage, surge, make)
      else {
        const most = scaled(strategy.rollingUpdate?.['maxUnavailable'], coverage.desired, 'up', 1)
        this.#rollInPlace(coverage, Math.max(1, most))
      }
    }
    this.#count(set, coverage)
  }

  #coverageOf(set: KubeObject): Coverage {
    const key = set.metadata.uid ?? ''
    const known = this.#coverages.get(key)
    if (known?.isOf(set) === true) {
      known.follow()
      return known
    }
    const made = new Coverage(this.site.store, set, this.revisions.of(set))
    this.#coverages.set(key, made)
    return made
  }

  /** An old pod goes; when it is gone the new one is made. Those that are not ready cost nothing and go at once. */
  #rollInPlace(coverage: Coverage, most: number): void {
    let away = coverage.desired - coverage.count('up')
    for (const node of coverage.nodes('oldUnready'))
      for (const pod of coverage.oldOf(node, false)) endPod(this.site, pod)
    for (const node of coverage.nodes('oldReady'))
      for (const pod of coverage.oldOf(node, true)) {
        if (away >= most) return
        away++
        endPod(this.site, pod)
      }
  }

  /** The new pod of a node is ready before the old one goes. */
  #rollWithSurge(coverage: Coverage, surge: number, make: (node: string) => void): void {
    let coming = coverage.count('both')
    for (const node of coverage.nodes('replaced'))
      for (const ready of [true, false]) for (const pod of coverage.oldOf(node, ready)) endPod(this.site, pod)
    for (const node of coverage.nodes('onlyOld')) {
      if (coming >= surge) return
      coming++
      make(node)
    }
  }

  #count(set: KubeObject, coverage: Coverage): void {
    coverage.follow()
    const ready = coverage.count('ready')
    writeCounts(this.site, daemonSets, set, {
      observedGeneration: set.metadata.generation,
      currentNumberScheduled: coverage.count('live'),
      desiredNumberScheduled: coverage.desired,
      numberReady: ready,
      updatedNumberScheduled: coverage.count('updated'),
      numberAvailable: ready,
      numberUnavailable: coverage.desired - ready,
    })
  }
}
