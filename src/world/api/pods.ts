import { isIP } from 'node:net'
import type { KubeObject, Pod, PodOwner } from '../../model/cluster.ts'
import { listOf, type RawRecord, recordOf, textOf } from './record.ts'

export type Intern = (text: string) => string

/**
 * One copy of each text that repeats: of 150,000 pods the namespaces, nodes, owners and images are a few thousand texts, but JSON.parse makes
 * each anew. For one listing; forgotten with it.
 */
export function createIntern(): Intern {
  const known = new Map<string, string>()
  return text => {
    const found = known.get(text)
    if (found !== undefined) return found
    known.set(text, text)
    return text
  }
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

const noLabels: Readonly<Record<string, string>> = {}
const noTexts: readonly string[] = []

/** A pod on the wire → the fixed shape of the model. Fields that are not there count as empty; nothing of `raw` is kept but its labels. */
export function projectPod(raw: KubeObject, intern: Intern): Pod {
  const { metadata } = raw
  const spec = recordOf(raw.spec)
  const status = recordOf(raw.status)
  const labels = metadata.labels ?? noLabels
  const mirror = metadata.annotations?.[mirrorAnnotation]
  const containers = listOf(spec.containers).map(recordOf)
  const ips = ipsOf(status)
  const revision =
    labels['controller-revision-hash'] ?? labels['pod-template-hash'] ?? labels['pod-template-generation']
  return {
    namespace: intern(metadata.namespace ?? ''),
    name: metadata.name,
    uid: metadata.uid ?? '',
    node: intern(textOf(spec.nodeName) ?? ''),
    owner: ownerOf(metadata, intern),
    ips,
    families: familiesOf(ips),
    hostNetwork: spec.hostNetwork === true,
    phase: intern(textOf(status.phase) ?? ''),
    ready: listOf(status.conditions).some(condition => isReady(recordOf(condition))),
    deleting: metadata.deletionTimestamp !== undefined,
    labels,
    mirror,
    commands: mirror === undefined ? undefined : commandsOf(containers),
    created: metadata.creationTimestamp ?? '',
    image: intern(textOf(containers[0]?.image) ?? ''),
    revision: revision === undefined ? undefined : intern(revision),
    annotations: annotationsOf(metadata.annotations),
    ...waitingOf(status),
  }
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

function ownerOf({ ownerReferences }: KubeObject['metadata'], intern: Intern): PodOwner | undefined {
  const owner = ownerReferences?.find(reference => reference.controller === true)
  return owner === undefined ? undefined : { kind: intern(owner.kind), name: intern(owner.name) }
}

function ipsOf(status: RawRecord): readonly string[] {
  const ips = listOf(status.podIPs).flatMap(entry => textOf(recordOf(entry).ip) ?? [])
  if (ips.length > 0) return ips
  const only = textOf(status.podIP)
  return only === undefined ? noTexts : [only]
}

/** All there can be, so that 150,000 pods share five lists. */
const familyLists: readonly Pod['families'][] = [[], ['IPv4'], ['IPv6'], ['IPv4', 'IPv6'], ['IPv6', 'IPv4']]

function familiesOf(ips: readonly string[]): Pod['families'] {
  const found = [...new Set(ips.map(ip => (isIP(ip) === 6 ? 'IPv6' : 'IPv4')))]
  return familyLists.find(list => list.length === found.length && list[0] === found[0]) ?? []
}

const isReady = (condition: RawRecord): boolean => condition.type === 'Ready' && condition.status === 'True'

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
