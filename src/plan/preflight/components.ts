import { type Family, families, type PerFamily } from '../../address/family.ts'
import { tryParseIP } from '../../address/index.ts'
import { RefusedError } from '../../base/errors.ts'
import { commandLine } from '../../layers/kubelet/command-line.ts'
import { readArguments } from '../../layers/shared/arguments.ts'
import {
  type Component,
  instancesOf,
  manifestPath,
  mirrorOf,
  runningFlags,
} from '../../layers/shared/static-pod.ts'
import { configMapText, findObject, fileOf, nodeNames } from '../../model/changes.ts'
import type { Cluster, KubeObject } from '../../model/cluster.ts'
import { getField, getText } from '../../model/fields.ts'
import type { Step } from '../../model/plan.ts'
import type { ComponentArguments } from '../../model/rule.ts'
import { flatYaml } from '../../text/flat.ts'
import { readFlags } from '../../text/manifest.ts'

/** One component on one node, or one of the whole cluster. */
export interface Instance {
  readonly component: ComponentArguments['component']
  /** undefined: one configuration for all nodes. */
  readonly node: string | undefined
}

const staticPods: readonly Component[] = ['kube-apiserver', 'kube-controller-manager']

/** All whose arguments can be told. */
export const instances = (cluster: Cluster): readonly Instance[] => [
  { component: 'kubeadm', node: undefined },
  ...staticPods.flatMap(component => instancesOf(cluster, component).map(node => ({ component, node }))),
  ...nodeNames(cluster).map(node => ({ component: 'kubelet' as const, node })),
  { component: 'kube-proxy', node: undefined },
]

/** Those that a step gives other arguments, or starts anew. */
export function touchedBy(step: Step): readonly Instance[] {
  const found = new Map<string, Instance>()
  const add = (component: Instance['component'], node?: string): void =>
    void found.set(`${component} ${node ?? ''}`, { component, node })
  for (const { target } of step.changes) {
    if (target.kind === 'file') {
      const pod = staticPods.find(component => target.path === manifestPath(component))
      if (pod !== undefined) add(pod, target.node)
      else if (/kubelet/.test(target.path)) add('kubelet', target.node)
    } else if (target.kind === 'config-map' && target.name === 'kubeadm-config') add('kubeadm')
    else if ((target.kind === 'config-map' || target.kind === 'object') && target.name === 'kube-proxy')
      add('kube-proxy')
  }
  for (const refresh of step.refreshes)
    if (refresh.kind === 'restart' && refresh.unit === 'kubelet') add('kubelet', refresh.node)
  return [...found.values()]
}

/**
 * What a component would be started with, from what is configured; from what runs where its files were not read or are not understood.
 * [] when neither is known. kube-proxy: one for each set of families that nodes report, since it looks at its Node.
 */
export function argumentsOf(cluster: Cluster, { component, node }: Instance): readonly ComponentArguments[] {
  if (component === 'kubeadm') return kubeadm(cluster)
  if (component === 'kube-proxy') return kubeProxy(cluster)
  if (node === undefined) return []
  return component === 'kubelet' ? kubelet(cluster, node) : staticPod(cluster, component, node)
}

function staticPod(cluster: Cluster, component: Component, node: string): readonly ComponentArguments[] {
  const text = fileOf(cluster, node, manifestPath(component))?.text
  const manifest = text === undefined ? undefined : understood(() => readFlags(text, component))
  const flags =
    manifest === undefined
      ? runningFlags(cluster, node, component)
      : new Map(manifest.all.map(({ name, value }) => [name, value]))
  if (flags === undefined) return []
  const image = manifest?.image ?? mirrorOf(cluster, node, component)?.image
  return [
    {
      component,
      version: tagOf(image) ?? cluster.version,
      arguments: Object.fromEntries(flags),
      meets: { nodeAddress: reported(cluster, node), podCIDRs: podCIDRs(cluster) },
      where: `${component} on ${node}`,
    },
  ]
}

function kubelet(cluster: Cluster, node: string): readonly ComponentArguments[] {
  const facts = cluster.nodes[node]
  const running = facts?.kubeletArguments
  const flags = configured(cluster, node) ?? (running && Object.fromEntries(readArguments(running)))
  if (flags === undefined) return []
  const file = facts?.files[flags['config'] ?? '/var/lib/kubelet/config.yaml']?.text
  const version = getText(nodeObject(cluster, node), ['status', 'nodeInfo', 'kubeletVersion'])
  return [
    {
      component: 'kubelet',
      version: version ?? cluster.version,
      arguments: { ...(file === undefined ? {} : flatYaml(file)), ...flags },
      meets: { nodeAddress: reported(cluster, node) },
      where: `kubelet on ${node}`,
    },
  ]
}

/** Files win over the process: they are what it is started with next. */
function configured(cluster: Cluster, node: string): Readonly<Record<string, string>> | undefined {
  const files = cluster.nodes[node]?.files
  return files === undefined ? undefined : commandLine(files)
}

function kubeProxy(cluster: Cluster): readonly ComponentArguments[] {
  const text = configMapText(cluster, 'kube-system', 'kube-proxy', 'config.conf')
  const fields = text === undefined ? undefined : flatYaml(text)
  if (fields === undefined) return []
  const daemonSet = findObject(cluster, 'apps/v1/daemonsets', 'kube-system', 'kube-proxy')
  const image = getText(daemonSet, ['spec', 'template', 'spec', 'containers', 'name=kube-proxy', 'image'])
  const groups = new Map<string, { readonly node: string; readonly nodeAddress: PerFamily<string> }>()
  for (const node of nodeNames(cluster)) {
    const nodeAddress = willReport(cluster, node)
    const key = Object.keys(nodeAddress).join()
    if (!groups.has(key)) groups.set(key, { node, nodeAddress })
  }
  return [...groups.values()].map(({ node, nodeAddress }) => ({
    component: 'kube-proxy',
    version: tagOf(image) ?? cluster.version,
    arguments: fields,
    meets: { nodeAddress, podCIDRs: podCIDRs(cluster) },
    where: groups.size > 1 ? `kube-proxy on ${node}` : 'kube-proxy',
  }))
}

function kubeadm(cluster: Cluster): readonly ComponentArguments[] {
  const text = configMapText(cluster, 'kube-system', 'kubeadm-config', 'ClusterConfiguration')
  const fields = text === undefined ? undefined : flatYaml(text)
  if (fields === undefined) return []
  return [
    {
      component: 'kubeadm',
      version: fields['kubernetesVersion'] ?? cluster.version,
      arguments: fields,
      where: 'ConfigMap kube-system/kubeadm-config',
    },
  ]
}

/** Nodes by name, of each list that was seen: of five thousand each is asked for several times. */
const byName = new WeakMap<readonly KubeObject[], ReadonlyMap<string, KubeObject>>()

function nodeObject(cluster: Cluster, name: string): KubeObject | undefined {
  const list = cluster.objects['v1/nodes'] ?? []
  const known = byName.get(list) ?? new Map(list.map(node => [node.metadata.name, node]))
  byName.set(list, known)
  return known.get(name)
}

/** InternalIPs of a Node, the first of each family. */
function reported(cluster: Cluster, node: string): PerFamily<string> {
  const list = getField(nodeObject(cluster, node), ['status', 'addresses'])
  return firstOfEach(
    (Array.isArray(list) ? list : []).flatMap(item =>
      getText(item, ['type']) === 'InternalIP' ? (getText(item, ['address']) ?? []) : [],
    ),
  )
}

/** What the Node reports once its kubelet was started with what is configured. */
function willReport(cluster: Cluster, node: string): PerFamily<string> {
  const given = firstOfEach((configured(cluster, node)?.['node-ip'] ?? '').split(','))
  return Object.keys(given).length === 0 ? reported(cluster, node) : given
}

function firstOfEach(texts: readonly string[]): PerFamily<string> {
  const found: { [F in Family]?: string } = {}
  for (const family of families) {
    const address = texts.find(text => tryParseIP(text.trim())?.family === family)
    if (address !== undefined) found[family] = address.trim()
  }
  return found
}

const podCIDRs = (cluster: Cluster): readonly (readonly string[])[] =>
  (cluster.objects['v1/nodes'] ?? []).map(node => {
    const cidrs = getField(node, ['spec', 'podCIDRs'])
    return Array.isArray(cidrs) ? cidrs.map(String) : []
  })

/** `v1.36.3` of `registry.k8s.io/kube-proxy:v1.36.3`; undefined for anything else. */
const tagOf = (image: string | undefined): string | undefined => /:(v1\.\d+\.\d+)/.exec(image ?? '')?.[1]

function understood<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch (error) {
    if (error instanceof RefusedError) return undefined
    throw error
  }
}
