import { isIP } from 'node:net'
import type { KubeObject, OwnerReference, Pod, PodOwner, Resource } from '../../model/cluster.ts'
import { listOf, type RawRecord, recordOf, textOf } from './record.ts'

export const podResource: Resource = 'v1/pods'

/**
 * What pods have in common is kept once: of 150,000 pods the namespaces, nodes, images, owners and labels are a few thousand, but JSON.parse
 * makes each anew. For one listing; forgotten with it.
 */
export class Common {
  readonly #texts = new Map<string, string>()
  readonly #owners = new Map<string, { readonly owner: PodOwner; readonly labels: Pod['labels'] }>()

  text(text: string): string {
    const found = this.#texts.get(text)
    if (found !== undefined) return found
    this.#texts.set(text, text)
    return text
  }

  /** The controlling owner of a pod, and the pod's labels: most owners give all their pods the same. */
  owned(
    { kind, name, uid }: OwnerReference,
    labels: Pod['labels'],
  ): { readonly owner: PodOwner; readonly labels: Pod['labels'] } {
    const known = this.#owners.get(uid)
    if (known === undefined || known.owner.name !== name || known.owner.kind !== kind) {
      const first = { owner: { kind: this.text(kind), name: this.text(name) }, labels }
      this.#owners.set(uid, first)
      return first
    }
    return sameTexts(known.labels, labels) ? known : { owner: known.owner, labels }
  }
}

function sameTexts(a: Pod['labels'], b: Pod['labels']): boolean {
  const keys = Object.keys(a)
  return keys.length === Object.keys(b).length && keys.every(key => a[key] === b[key])
}

/** The annotations that a layer reads. Others are not kept: last-applied-configuration alone may be larger than the rest of the pod. */
const keptAnnotations = [
  'cni.projectcalico.org/ipFamilies',
  'cni.projectcalico.org/ipv4pools',
  'cni.projectcalico.org/ipv6pools',
  'cni.projectcalico.org/ipAddrs',
  'cni.projectcalico.org/ipAddrsNoIpam',
  'k8s.v1.cni.cncf.io/networks',
  'v1.multus-cni.io/default-network',
]

/** Annotation of a static pod's mirror: the hash of the manifest that runs. */
const mirrorAnnotation = 'kubernetes.io/config.mirror'

/** All annotations that a projection reads. */
export const readAnnotations: ReadonlySet<string> = new Set([...keptAnnotations, mirrorAnnotation])

const noLabels: Readonly<Record<string, string>> = {}
const noTexts: readonly string[] = []

/**
 * A pod on the wire → the fixed shape of the model. Fields that are not there count as empty; nothing of `raw` is kept but its labels. A field
 * that is read here must be one of `pod-fields.ts` too: live clusters send pods in protobuf.
 */
export function projectPod(raw: KubeObject, common: Common): Pod {
  const { metadata } = raw
  const spec = recordOf(raw.spec)
  const status = recordOf(raw.status)
  const controller = metadata.ownerReferences?.find(reference => reference.controller === true)
  const ownLabels = metadata.labels ?? noLabels
  const { owner, labels } =
    controller === undefined ? { owner: undefined, labels: ownLabels } : common.owned(controller, ownLabels)
  const mirror = metadata.annotations?.[mirrorAnnotation]
  const containers = listOf(spec.containers).map(recordOf)
  const ips = ipsOf(status)
  const revision =
    labels['controller-revision-hash'] ?? labels['pod-template-hash'] ?? labels['pod-template-generation']
  return {
    namespace: common.text(metadata.namespace ?? ''),
    name: metadata.name,
    uid: metadata.uid ?? '',
    node: common.text(textOf(spec.nodeName) ?? ''),
    owner,
    ips,
    families: familiesOf(ips),
    hostNetwork: spec.hostNetwork === true,
    phase: common.text(textOf(status.phase) ?? ''),
    ...readinessOf(status),
    deleting: metadata.deletionTimestamp !== undefined,
    labels,
    mirror,
    commands: mirror === undefined ? undefined : commandsOf(containers),
    created: metadata.creationTimestamp ?? '',
    image: common.text(textOf(containers[0]?.image) ?? ''),
    revision: revision === undefined ? undefined : common.text(revision),
    annotations: annotationsOf(metadata.annotations),
    ...waitingOf(status),
    ...endedOf(status),
  }
}

/** Of a pod that is over nobody starts anything again. */
function endedOf(status: RawRecord): Pick<Pod, 'ended'> {
  if (status.phase === 'Succeeded' || status.phase === 'Failed') return {}
  for (const container of [...listOf(status.initContainerStatuses), ...listOf(status.containerStatuses)]) {
    const { exitCode, reason } = recordOf(recordOf(recordOf(container).state).terminated)
    if (typeof exitCode === 'number' && exitCode !== 0)
      return { ended: `${textOf(reason) ?? 'Error'}: exit code ${exitCode}` }
  }
  return {}
}

/** Of the first container that waits, and why; nothing where none does. */
function waitingOf(status: RawRecord): Pick<Pod, 'waiting'> {
  for (const container of [...listOf(status.initContainerStatuses), ...listOf(status.containerStatuses)]) {
    const { reason, message } = recordOf(recordOf(recordOf(container).state).waiting)
    const text = textOf(reason)
    if (text !== undefined)
      return { waiting: textOf(message) === undefined ? text : `${text}: ${String(message)}` }
  }
  return {}
}

function ipsOf(status: RawRecord): readonly string[] {
  const ips = listOf(status.podIPs).flatMap(entry => textOf(recordOf(entry).ip) ?? [])
  // A copy: a list that has grown holds room for sixteen more.
  if (ips.length > 0) return ips.slice()
  const only = textOf(status.podIP)
  return only === undefined ? noTexts : [only]
}

/** All there can be, so that 150,000 pods share five lists. */
const familyLists: readonly Pod['families'][] = [[], ['IPv4'], ['IPv6'], ['IPv4', 'IPv6'], ['IPv6', 'IPv4']]

function familiesOf(ips: readonly string[]): Pod['families'] {
  const found = [...new Set(ips.map(ip => (isIP(ip) === 6 ? 'IPv6' : 'IPv4')))]
  return familyLists.find(list => list.length === found.length && list[0] === found[0]) ?? []
}

function readinessOf(status: RawRecord): Pick<Pod, 'ready' | 'readySince'> {
  const found = listOf(status.conditions)
    .map(recordOf)
    .find(({ type, status: now }) => type === 'Ready' && now === 'True')
  const since = textOf(found?.lastTransitionTime)
  return { ready: found !== undefined, ...(since !== undefined && { readySince: since }) }
}

function commandsOf(containers: readonly RawRecord[]): Pod['commands'] {
  const words = (value: unknown) => listOf(value).map(String)
  return Object.fromEntries(
    containers.map(({ name, command, args }) => [String(name), [...words(command), ...words(args)]]),
  )
}

function annotationsOf(all: Readonly<Record<string, string>> | undefined): Pod['annotations'] {
  if (all === undefined) return undefined
  const kept = keptAnnotations.flatMap(key => (all[key] === undefined ? [] : [[key, all[key]] as const]))
  return kept.length === 0 ? undefined : Object.fromEntries(kept)
}
