import { parse } from 'yaml'
import { getField } from '../model/fields.ts'
import type { KubeObject } from '../model/cluster.ts'
import { hashText } from '../text/edits.ts'
import { readArguments } from '../layers/shared/arguments.ts'
import { exitOf, isComponent } from './components.ts'
import { type Machine, manifestFolder } from './machine.ts'
import { hostStatus, internalIPsOf, isDeleting, setReady, statusOf } from './pod-status.ts'
import { podResource, type Site } from './site.ts'

/** Seconds. Measured in the lab (docs/design.md, "Practice"): an API server drains its watches, the kubelet looks again after 10. */
interface Pace {
  readonly stop: number
  readonly pause: number
  readonly start: number
}
const paces: Readonly<Record<string, Pace>> = { 'kube-apiserver': { stop: 30, pause: 10, start: 6 } }
/** Seconds until a kubelet makes a mirror pod that was deleted again. */
const mirrorAgain = 2
const usual: Pace = { stop: 1, pause: 4, start: 15 }
/** When there is nothing to drain: the old process is ended from outside. */
export const swapped: Pace = { stop: 2, pause: 2, start: 6 }

interface StaticPod {
  readonly metadata: {
    readonly name: string
    readonly namespace?: string
    readonly labels?: Readonly<Record<string, string>>
  }
  readonly spec: { readonly containers: readonly Container[]; readonly [field: string]: unknown }
}
interface Container {
  readonly name: string
  readonly command?: readonly string[]
  readonly args?: readonly string[]
  readonly [field: string]: unknown
}

/** The pod that a manifest defines; undefined: the kubelet cannot read it, and leaves what runs. */
function podOf(text: string | undefined): StaticPod | undefined {
  if (text === undefined) return undefined
  try {
    const pod = parse(text) as StaticPod | null
    return typeof pod?.metadata?.name === 'string' && Array.isArray(pod.spec?.containers) ? pod : undefined
  } catch {
    return undefined
  }
}

/** Which pod each manifest of a node stands for, and what of it runs. */
export class StaticPods {
  /** `node path` → the pod's name */
  readonly #names = new Map<string, string>()
  /** `node name` → what runs, or is about to */
  readonly #wanted = new Map<string, string>()
  readonly #turns = new Map<string, number>()
  /** `node name` → the words with which it was ready last */
  readonly #proven = new Map<string, string>()

  constructor(readonly site: Site) {
    site.store.onWrite(({ resource, before, after }) => {
      if (resource === podResource && before !== undefined && after === undefined) this.#mirrorGone(before)
    })
    for (const machine of site.machines.values())
      for (const path of machine.files.keys()) if (isManifest(path)) this.#begin(machine, path)
  }

  /** A manifest was there when the bundle was taken: what its mirror pod says runs. */
  #begin(machine: Machine, path: string): void {
    const pod = podOf(machine.files.get(path)?.text)
    if (pod === undefined) return
    const name = pod.metadata.name
    this.#names.set(`${machine.name} ${path}`, name)
    const mirror = this.site.store.get(podResource, namespaceOf(pod), `${name}-${machine.name}`)
    const same =
      mirror !== undefined && JSON.stringify(wordsOf(mirror)) === JSON.stringify(wordsOfSpec(pod.spec))
    if (mirror !== undefined && isComponent(name)) {
      const known = this.site.knownFlags.get(name) ?? new Set()
      for (const flag of readArguments(wordsOf(mirror)[name] ?? []).keys()) known.add(flag)
      this.site.knownFlags.set(name, known)
    }
    if (same) this.#wanted.set(`${machine.name} ${name}`, meaning(pod))
    if (mirror !== undefined) this.#proven.set(`${machine.name} ${name}`, JSON.stringify(wordsOf(mirror)))
  }

  /** A mirror pod was deleted by somebody: what it shows runs on, and the kubelet makes another. */
  #mirrorGone(pod: KubeObject): void {
    if (pod.metadata.annotations?.['kubernetes.io/config.mirror'] === undefined || !isDeleting(pod)) return
    this.site.later(mirrorAgain, () => {
      const { deletionTimestamp: _gone, uid: _old, creationTimestamp: _then, ...metadata } = pod.metadata
      const { namespace, name } = metadata
      if (this.site.store.get(podResource, namespace, name) === undefined)
        this.site.make(podResource, { ...pod, metadata, status: statusOf(pod) })
    })
  }

  /** The kubelet of a node has seen that a manifest came, changed or went. */
  look(machine: Machine, path: string, pace?: Pace): void {
    if (!isManifest(path)) return
    const file = machine.files.get(path)
    const pod = podOf(file?.text)
    const key = `${machine.name} ${path}`
    const before = this.#names.get(key)
    if (file === undefined && before !== undefined) {
      this.#names.delete(key)
      this.#wanted.delete(`${machine.name} ${before}`)
      this.#turn(machine.name, before)
      const namespace = 'kube-system'
      this.site.later(usual.stop, () =>
        this.site.store.remove(podResource, namespace, `${before}-${machine.name}`),
      )
      return
    }
    if (pod === undefined) return
    const { name } = pod.metadata
    this.#names.set(key, name)
    if (this.#wanted.get(`${machine.name} ${name}`) === meaning(pod)) return
    this.#wanted.set(`${machine.name} ${name}`, meaning(pod))
    this.#replace(machine, pod, file?.text ?? '', pace ?? paces[name] ?? usual)
  }

  /** One instance ends wholly before the next of its name begins. */
  #replace(machine: Machine, pod: StaticPod, text: string, { stop, pause, start }: Pace): void {
    const { site } = this
    const { name } = pod.metadata
    const turn = this.#turn(machine.name, name)
    const isCurrent = () => this.#turns.get(`${machine.name} ${name}`) === turn
    const full = `${name}-${machine.name}`
    const old = site.store.get(podResource, namespaceOf(pod), full)
    if (old !== undefined) setReady(site, old, false)
    site.later(old === undefined ? 0 : stop, () => {
      if (!isCurrent()) return
      site.store.remove(podResource, namespaceOf(pod), full)
      site.later(pause, () => {
        if (isCurrent()) this.#start(machine, pod, text, start, isCurrent)
      })
    })
  }

  #start(machine: Machine, pod: StaticPod, text: string, seconds: number, isCurrent: () => boolean): void {
    const { site } = this
    const { name } = pod.metadata
    const made = site.make(podResource, mirrorPod(site, machine, pod, text))
    const words = wordsOf(made)[name] ?? []
    const flags = readArguments(words)
    const exit = isComponent(name) ? exitOf(site, name, machine.name, flags) : undefined
    if (exit !== undefined) {
      machine.logs.set(made.metadata.name, [exit])
      this.#crash(made, name, 10, isCurrent)
    } else {
      site.later(seconds, () => this.#ready(machine, made, name, isCurrent))
    }
  }

  #ready(machine: Machine, made: KubeObject, name: string, isCurrent: () => boolean): void {
    const { site } = this
    const { namespace, name: full } = made.metadata
    const now = site.store.get(podResource, namespace, full)
    if (now === undefined || !isCurrent()) return
    const words = JSON.stringify(wordsOf(made))
    const key = `${machine.name} ${name}`
    const isDown = name === 'kube-apiserver' && site.faults.onNode('api-server-stays-down', machine.name)
    // What has been ready with these arguments before comes up again; the fault may be mended while it is waited for.
    if (isDown && this.#proven.get(key) !== words)
      return site.later(1, () => this.#ready(machine, made, name, isCurrent))
    this.#proven.set(key, words)
    setReady(site, now, true)
    if (isComponent(name)) site.onReady(name, machine.name)
  }

  /** The kubelet starts it again, each time later: 10, 20, 40 s and so on. */
  #crash(pod: KubeObject, container: string, wait: number, isCurrent: () => boolean): void {
    const { site } = this
    const { name, namespace } = pod.metadata
    const now = site.store.get(podResource, namespace, name)
    if (now === undefined || !isCurrent()) return
    const reason = 'CrashLoopBackOff'
    setReady(site, now, false, {
      reason,
      message: `back-off ${wait}s restarting failed container=${container} pod=${name}`,
    })
    site.later(wait, () => this.#crash(pod, container, Math.min(300, wait * 2), isCurrent))
  }

  #turn(node: string, name: string): number {
    const turn = (this.#turns.get(`${node} ${name}`) ?? 0) + 1
    this.#turns.set(`${node} ${name}`, turn)
    return turn
  }
}

const isManifest = (path: string): boolean =>
  path.startsWith(manifestFolder) && !/[./]/.test(path.charAt(manifestFolder.length))

const namespaceOf = ({ metadata }: StaticPod): string => metadata.namespace ?? 'default'

/** A comment or another format starts nothing anew. */
const meaning = (pod: StaticPod): string => hashText(JSON.stringify(pod))

const wordsOfSpec = (spec: StaticPod['spec']): Readonly<Record<string, readonly string[]>> =>
  Object.fromEntries(
    spec.containers.map(({ name, command = [], args = [] }) => [name, [...command, ...args].map(String)]),
  )

/** Command and arguments of each container of a pod. */
export const wordsOf = (pod: KubeObject): Readonly<Record<string, readonly string[]>> =>
  wordsOfSpec(pod['spec'] as StaticPod['spec'])

function mirrorPod(site: Site, machine: Machine, pod: StaticPod, text: string): KubeObject {
  const node = site.store.get('v1/nodes', undefined, machine.name)
  const hash = hashText(JSON.stringify([pod, machine.name, text])).slice(7, 39)
  const { metadata, spec } = pod
  const given = (getField(pod, ['metadata', 'annotations']) ?? {}) as Readonly<Record<string, string>>
  const seen = site.stamp()
  const ips = internalIPsOf(node)
  const podIPs = ips.map(ip => ({ ip }))
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: `${metadata.name}-${machine.name}`,
      namespace: namespaceOf(pod),
      ...(metadata.labels === undefined ? {} : { labels: metadata.labels }),
      annotations: {
        ...given,
        'kubernetes.io/config.hash': hash,
        'kubernetes.io/config.mirror': hash,
        'kubernetes.io/config.seen': seen,
        'kubernetes.io/config.source': 'file',
      },
      ownerReferences: [
        {
          apiVersion: 'v1',
          kind: 'Node',
          name: machine.name,
          uid: node?.metadata.uid ?? '',
          controller: true,
        },
      ],
    },
    spec: { ...spec, nodeName: machine.name },
    status: {
      phase: 'Running',
      conditions: [{ type: 'Ready', status: 'False' }],
      ...hostStatus(ips),
      ...(podIPs.length === 0 ? {} : { podIP: podIPs[0]?.ip, podIPs }),
    },
  }
}
