import type { Logger } from '../base/logger.ts'
import type { Cluster, KubeObject, NodeFacts, Pod, Resource } from '../model/cluster.ts'
import type { Layer } from '../model/layer.ts'
import type { Change } from '../model/plan.ts'
import type { Surroundings } from '../model/simulation.ts'
import type { AnyRule } from '../model/rule.ts'
import { applyFields, isObjectChange, isSysctlChange } from '../model/apply.ts'
import { getField, sameJson, setField } from '../model/fields.ts'
import { applyEdits } from '../text/edits.ts'
import { Common, podResource, projectPod } from '../world/api/pods.ts'
import type { VirtualClock } from './clock.ts'
import type { Faults } from './faults.ts'
import { factsOf, type Machine, putFile, putSysctl } from './machine.ts'
import { Store } from './store.ts'

export { podResource }

/** What every part of the practice cluster works on: what etcd and the machines hold, and who does things later. */
export class Site {
  readonly store = new Store()
  readonly machines = new Map<string, Machine>()
  /** By component, the flags with which instances ran at the start: these it knows. */
  readonly knownFlags = new Map<string, Set<string>>()
  /** ClusterIPs that are given out. */
  readonly serviceIPs = new Set<string>()
  readonly #waiting = new Set<string>()
  readonly #rows = new WeakMap<KubeObject, Pod>()
  readonly #common = new Common()
  #serial = 0
  #live: { objects?: Cluster['objects']; resources?: number; nodes?: Cluster['nodes']; machines?: number } =
    {}
  /** A control plane component became ready on a node. */
  onReady: (component: string, node: string) => void = () => {}

  constructor(
    readonly uid: string,
    readonly version: string,
    readonly clock: VirtualClock,
    readonly faults: Faults,
    readonly layers: readonly Layer[],
    readonly rules: readonly AnyRule[],
    readonly logger: Logger,
  ) {}

  /** RFC 3339, as metav1.Time: whole seconds. */
  stamp(): string {
    return new Date(this.clock.now()).toISOString().replace(/\.\d+Z$/, 'Z')
  }

  /** Once after `seconds`, however often it is asked for meanwhile under this key. */
  soon(key: string, seconds: number, work: () => void): void {
    if (this.#waiting.has(key)) return
    this.#waiting.add(key)
    this.clock.after(seconds * 1000, () => {
      this.#waiting.delete(key)
      work()
    })
  }

  later(seconds: number, work: () => void): void {
    this.clock.after(seconds * 1000, work)
  }

  /** Five characters as generated names end in; each time others. */
  suffix(): string {
    const alphabet = 'bcdfghjklmnpqrstvwxz2456789'
    let number = ++this.#serial * 7_368_787
    return Array.from({ length: 5 }, () => {
      const letter = alphabet[number % alphabet.length] ?? 'x'
      number = Math.floor(number / alphabet.length) + 11
      return letter
    }).join('')
  }

  row(pod: KubeObject): Pod {
    const known = this.#rows.get(pod)
    if (known !== undefined) return known
    const row = projectPod(pod, this.#common)
    this.#rows.set(pod, row)
    return row
  }

  /** An object made by the cluster itself. */
  make(resource: Resource, object: KubeObject): KubeObject {
    const metadata = {
      uid: this.store.newUID(),
      creationTimestamp: this.stamp(),
      ...object.metadata,
    }
    return this.store.put(resource, { ...object, metadata })
  }

  /** Changes an object that is there; nothing is written where nothing changes. */
  update(
    resource: Resource,
    namespace: string | undefined,
    name: string,
    change: (object: KubeObject) => KubeObject,
  ): void {
    const object = this.store.get(resource, namespace, name)
    if (object === undefined) return
    const next = change(object)
    if (next !== object) this.store.put(resource, next)
  }

  setStatus(resource: Resource, object: KubeObject, status: Readonly<Record<string, unknown>>): void {
    if (sameJson(status, object['status'])) return
    this.update(resource, object.metadata.namespace, object.metadata.name, now => ({ ...now, status }))
  }

  /** The cluster as data, as it is now. What is not asked for costs nothing. */
  cluster(): Surroundings {
    const { store } = this
    const row = (pod: KubeObject): Pod => this.row(pod)
    return {
      uid: this.uid,
      version: this.version,
      objects: this.#objects(),
      nodes: this.#nodes(),
      unread: {},
      get pods() {
        return store.list(podResource).map(row)
      },
      find: (index, key) => store.find(index, key),
      count: (index, key) => store.countOf(index, key),
    }
  }

  /** Made again when there are lists of other resources: it is asked for at every start of a pod. */
  #objects(): Cluster['objects'] {
    const { resources } = this.store
    if (this.#live.objects !== undefined && this.#live.resources === resources.length)
      return this.#live.objects
    const objects: Record<Resource, readonly KubeObject[]> = {}
    for (const resource of resources) {
      if (resource === podResource) continue
      Object.defineProperty(objects, resource, { enumerable: true, get: () => this.store.list(resource) })
    }
    this.#live = { ...this.#live, objects, resources: resources.length }
    return objects
  }

  #nodes(): Cluster['nodes'] {
    if (this.#live.nodes !== undefined && this.#live.machines === this.machines.size) return this.#live.nodes
    const nodes: Record<string, NodeFacts> = {}
    for (const machine of this.machines.values())
      Object.defineProperty(nodes, machine.name, { enumerable: true, get: () => factsOf(machine) })
    this.#live = { ...this.#live, nodes, machines: this.machines.size }
    return nodes
  }

  /** Carries out what a layer says that its things write. */
  carryOut(changes: readonly Change[]): void {
    for (const change of changes) this.#carryOut(change)
  }

  #carryOut(change: Change): void {
    if (isObjectChange(change)) {
      const { api, namespace, name } = change.target
      if (change.existence === 'delete') return this.store.remove(api, namespace, name)
      const found = this.store.get(api, namespace, name)
      if (found !== undefined) return void this.store.put(api, applyFields(found, change))
      const metadata = namespace === undefined ? { name } : { name, namespace }
      this.make(api, applyFields({ metadata }, change))
      return
    }
    if (isSysctlChange(change)) {
      const machine = this.machines.get(change.target.node)
      if (machine !== undefined) putSysctl(machine, change.target.key, change.after)
      return
    }
    const { target } = change
    if (target.kind === 'config-map') {
      this.update('v1/configmaps', target.namespace, target.name, object => {
        const text = getField(object, ['data', target.key])
        const before = typeof text === 'string' ? text : ''
        return setField(object, ['data', target.key], applyEdits(before, change.edits))
      })
      return
    }
    const machine = this.machines.get(target.node)
    if (machine === undefined) return
    const file = machine.files.get(target.path)
    const text = applyEdits(file?.text ?? '', change.edits)
    putFile(machine, target.path, { ...(file ?? { mode: 0o644, owner: '0:0' }), text })
  }
}
