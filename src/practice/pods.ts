import type { KubeObject, Pod } from '../model/cluster.ts'
import { assignHostLocal } from './host-local.ts'
import { noteRules } from './exec.ts'
import type { PodSpec } from './fits.ts'
import { hostStatus, internalIPsOf, isDeleting, isReady, nodeOf, setReady, statusOf } from './pod-status.ts'
import { Scheduler } from './scheduler.ts'
import { podResource, type Site } from './site.ts'
import type { Written } from './store.ts'

/** Seconds from a pod's creation to its sandbox, and from there to its readiness. */
const sandboxAfter = 1
const readyAfter = 1.5
const retryAfter = 10

const specOf = (pod: KubeObject): PodSpec => pod['spec'] ?? {}

/** Scheduler, kubelets and CNI together: what becomes of a pod that is created, and what is given back when one is gone. */
export function runPods(site: Site): void {
  const pods = new Pods(site)
  site.store.onWrite(written => pods.see(written))
}

class Pods {
  /** Owners none of whose pods was ready when the bundle was taken: their new ones will not be either. */
  readonly #broken: ReadonlySet<string>
  readonly #scheduler: Scheduler

  constructor(readonly site: Site) {
    const all = site.store.list(podResource)
    const running = all.filter(pod => !['Succeeded', 'Failed'].includes(statusOf(pod).phase ?? ''))
    const ready = new Set(all.filter(isReady).map(ownerKey))
    this.#broken = new Set(running.map(ownerKey).filter(key => !ready.has(key)))
    this.#scheduler = new Scheduler(site.store)
  }

  see({ resource, before, after }: Written): void {
    if (resource !== podResource) return
    if (before === undefined && after !== undefined) this.#created(after)
    if (before !== undefined && after === undefined) this.#gone(before)
  }

  #created(pod: KubeObject): void {
    if (isMirror(pod) || statusOf(pod).phase !== undefined) return
    this.site.later(nodeOf(pod) === '' ? 0.1 : sandboxAfter, () => this.#step(pod))
  }

  /** One step further: a node, a sandbox with addresses, ready. */
  #step(first: KubeObject): void {
    const { site } = this
    const { namespace, name, uid } = first.metadata
    const pod = site.store.get(podResource, namespace, name)
    if (pod === undefined || pod.metadata.uid !== uid || isDeleting(pod)) return
    const again = (seconds: number) => site.later(seconds, () => this.#step(pod))
    if (nodeOf(pod) === '') {
      const node = this.#scheduler.choose(specOf(pod))
      if (node === undefined) return again(retryAfter)
      site.store.put(podResource, {
        ...pod,
        spec: { ...specOf(pod), nodeName: node },
        status: { phase: 'Pending' },
      })
      return again(sandboxAfter)
    }
    if (statusOf(pod).podIPs === undefined) {
      const ips = this.#addresses(pod)
      if (typeof ips === 'string') {
        setReady(site, { ...pod, status: { phase: 'Pending' } }, false, {
          reason: 'ContainerCreating',
          message: ips,
        })
        return again(retryAfter)
      }
      site.store.put(podResource, {
        ...pod,
        status: {
          phase: 'Running',
          conditions: [{ type: 'Ready', status: 'False' }],
          ...hostStatus(internalIPs(site, nodeOf(pod))),
          ...(ips.length === 0 ? {} : { podIP: ips[0], podIPs: ips.map(ip => ({ ip })) }),
        },
      })
      return again(readyAfter)
    }
    const exit = this.#start(pod)
    if (exit !== undefined) {
      const message = `back-off 20s restarting failed container: ${exit}`
      setReady(site, pod, false, { reason: 'CrashLoopBackOff', message })
      return again(retryAfter)
    }
    // A fault that is mended later lets it become ready then.
    if (this.#isHeldBack(pod)) return again(retryAfter)
    if (!this.#broken.has(ownerKey(pod)))
      setReady(site, site.store.get(podResource, namespace, name) ?? pod, true)
  }

  /** A text: why there is none yet. */
  #addresses(pod: KubeObject): readonly string[] | string {
    const { site } = this
    if (specOf(pod).hostNetwork === true) return internalIPs(site, nodeOf(pod))
    const row = site.row(pod)
    for (const layer of site.layers) {
      const assigned = layer.simulate?.assigns?.(site.cluster(), row)
      if (assigned === undefined) continue
      if ('exits' in assigned) return assigned.exits
      site.carryOut(assigned.changes)
      return inNodeOrder(assigned.ips, internalIPs(site, nodeOf(pod)))
    }
    return assignHostLocal(site, row) ?? 'no CNI of this cluster is known'
  }

  #start(pod: KubeObject): string | undefined {
    const { site } = this
    for (const layer of site.layers) {
      const started = layer.simulate?.starts?.(site.cluster(), site.row(pod))
      if (started === undefined) continue
      if ('exits' in started) return started.exits
      site.carryOut(started)
      noteRules(site, pod)
    }
    return undefined
  }

  #isHeldBack(pod: KubeObject): boolean {
    const owner = this.site.row(pod).owner
    const { namespace = '', labels } = pod.metadata
    const suffix = labels?.['pod-template-hash']
    const name =
      suffix === undefined ? (owner?.name ?? pod.metadata.name) : owner?.name.replace(`-${suffix}`, '')
    const fault = this.site.faults.find(
      'pod-never-ready',
      one => one.namespace === namespace && one.name === name,
    )
    return fault !== undefined
  }

  #gone(pod: KubeObject): void {
    const row: Pod = this.site.row(pod)
    if (row.hostNetwork || row.ips.length === 0) return
    for (const layer of this.site.layers)
      this.site.carryOut(layer.simulate?.releases?.(this.site.cluster(), row) ?? [])
  }
}

const isMirror = ({ metadata }: KubeObject): boolean =>
  metadata.annotations?.['kubernetes.io/config.mirror'] !== undefined

/** A Deployment's ReplicaSets come and go: their pods are told by its name. */
function ownerKey(pod: KubeObject): string {
  const owner = pod.metadata.ownerReferences?.find(one => one.controller === true)
  const hash = pod.metadata.labels?.['pod-template-hash']
  const name = owner?.name ?? `pod ${pod.metadata.name}`
  return `${pod.metadata.namespace ?? ''}/${hash === undefined ? name : name.replace(`-${hash}`, '')}`
}

export const internalIPs = (site: Site, node: string): readonly string[] =>
  internalIPsOf(site.store.get('v1/nodes', undefined, node))

/** The kubelet sorts a pod's addresses: the family of its node's first address comes first. */
function inNodeOrder(ips: readonly string[], node: readonly string[]): readonly string[] {
  const isSix = (ip: string | undefined) => ip?.includes(':') === true
  const first = isSix(node[0])
  return [...ips].sort((a, b) => Number(isSix(b) === first) - Number(isSix(a) === first))
}
