import type { Lab } from '../index.ts'

/** What must be the same after the way there and back (docs/design.md, "Equal after the way back"). */
export interface Picture {
  /** `node:path` → `mode owner hash` */
  readonly files: Readonly<Record<string, string>>
  /** `resource namespace/name` → canonical JSON of what the user owns */
  readonly objects: Readonly<Record<string, string>>
  /** `node` → rules, devices, routes and forwarding that matter, one a line, sorted */
  readonly host: Readonly<Record<string, string>>
}

const folders = [
  '/etc/kubernetes',
  '/var/lib/kubelet/config.yaml',
  '/var/lib/kubelet/kubeadm-flags.env',
  '/var/lib/kubelet/instance-config.yaml',
  '/etc/default',
  '/etc/sysctl.d',
  '/etc/sysctl.conf',
  '/etc/systemd/system',
  '/etc/cni/net.d/10-calico.conflist',
]
const resources = [
  'services',
  'configmaps',
  'daemonsets',
  'deployments',
  'statefulsets',
  'poddisruptionbudgets',
  'networkpolicies',
  'ingresses',
  'cronjobs',
  'nodes',
  'namespaces',
  'ippools.crd.projectcalico.org',
  'clusterroles',
  'clusterrolebindings',
  'endpointslices',
  'servicecidrs',
]

export async function takePicture(lab: Lab): Promise<Picture> {
  const nodes = lab.nodes.map(node => node.name)
  const [files, objects, host] = await Promise.all([
    Promise.all(nodes.map(node => pictureFiles(lab, node))),
    Promise.all(resources.map(resource => pictureObjects(lab, resource))),
    Promise.all(nodes.map(async node => [node, await pictureHost(lab, node)] as const)),
  ])
  return {
    files: Object.assign({}, ...files) as Record<string, string>,
    objects: Object.assign({}, ...objects) as Record<string, string>,
    host: Object.fromEntries(host),
  }
}

async function pictureFiles(lab: Lab, node: string): Promise<Record<string, string>> {
  const script =
    'for d in "$@"; do [ -e "$d" ] && find "$d" -xdev \\( -type f -o -type l \\) ; done | sort | while read -r f; do echo "$f $(stat -c "%a %u:%g" "$f") $(sha256sum < "$f" | cut -c1-64)"; done'
  const { stdout } = await lab.exec(node, ['sh', '-c', script, 'sh', ...folders])
  return Object.fromEntries(
    stdout
      .split('\n')
      .filter(line => line !== '')
      .map(line => [`${node}:${line.slice(0, line.indexOf(' '))}`, line.slice(line.indexOf(' ') + 1)]),
  )
}

interface Item {
  kind: string
  metadata: { name: string; namespace?: string; annotations?: Record<string, string>; [key: string]: unknown }
  spec?: Record<string, unknown>
  [key: string]: unknown
}

async function pictureObjects(lab: Lab, resource: string): Promise<Record<string, string>> {
  const { items } = JSON.parse(await lab.kubectl('get', resource, '-A', '-o', 'json')) as { items: Item[] }
  const kept = items.filter(item => !isServerOwned(resource, item))
  return Object.fromEntries(
    kept.map(item => [
      `${resource} ${item.metadata.namespace ?? ''}/${item.metadata.name}`,
      canonical(own(resource, item)),
    ]),
  )
}

/** The ServiceCIDR object stays a pair, the pool of the new family stays disabled; EndpointSlices of IPv4 follow the pods. */
function isServerOwned(resource: string, item: Item): boolean {
  if (resource === 'servicecidrs' && item.metadata.name === 'kubernetes') return true
  if (resource === 'ippools.crd.projectcalico.org') return item.spec?.['disabled'] === true
  return resource === 'endpointslices' && item['addressType'] === 'IPv4'
}

const serverFields = ['resourceVersion', 'uid', 'generation', 'managedFields', 'creationTimestamp']
/** The roll-out controllers count; Calico and kubelet write what they found. */
const serverAnnotations = [
  'deployment.kubernetes.io/revision',
  'deprecated.daemonset.template.generation',
  'endpoints.kubernetes.io/last-change-trigger-time',
]

function own(resource: string, item: Item): unknown {
  const { status: _status, ...rest } = item
  const metadata = Object.fromEntries(
    Object.entries(item.metadata).filter(([key]) => !serverFields.includes(key)),
  )
  const annotations = Object.fromEntries(
    Object.entries(item.metadata.annotations ?? {}).filter(([key]) => !serverAnnotations.includes(key)),
  )
  if (resource === 'endpointslices') return { addressType: item['addressType'] }
  if (resource === 'nodes')
    return {
      annotations,
      labels: item.metadata['labels'],
      podCIDRs: item.spec?.['podCIDRs'],
      addresses: (_status as { addresses?: unknown } | undefined)?.addresses,
    }
  return { ...rest, metadata: { ...metadata, annotations } }
}

function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  return `{${Object.entries(value)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, inner]) => `${JSON.stringify(key)}:${canonical(inner)}`)
    .join(',')}}`
}

/** Devices, IPv6 routes but those of the node's own link, forwarding, Felix's rules of the family, tables, units and manifests of ours. */
async function pictureHost(lab: Lab, node: string): Promise<string> {
  const script = [
    "ip -o link | sed -E 's/^[0-9]+: ([^:@]+).*/device \\1/' | grep -v 'device cali'",
    "ip -6 route show table main | grep -v '^fe80' | sed -E 's/^/route /; s/ (metric|pref|expires) [^ ]+//g'",
    'for k in net.ipv4.ip_forward net.ipv6.conf.all.forwarding net.ipv6.conf.default.forwarding; do echo "sysctl $k $(sysctl -n $k)"; done',
    "ip6tables-save 2>/dev/null | grep -c cali | sed 's/^/Felix ip6tables lines /'",
    "nft list tables 2>/dev/null | grep -i dualstack | sed 's/^/nft /'",
    "ls /etc/systemd/system /run/systemd/transient 2>/dev/null | grep -i dualstack | sed 's/^/unit /'",
    "ls -A /etc/kubernetes/manifests | sed 's/^/manifest /'",
  ].join('; ')
  const { stdout } = await lab.exec(node, ['sh', '-c', script])
  return stdout
    .split('\n')
    .filter(line => line !== '')
    .toSorted()
    .join('\n')
}

/** Every difference, one a line; empty: equal. */
export function differences(before: Picture, after: Picture): readonly string[] {
  return (['files', 'objects', 'host'] as const).flatMap(part => {
    const [a, b] = [before[part], after[part]]
    return [...new Set([...Object.keys(a), ...Object.keys(b)])].toSorted().flatMap(key => {
      if (a[key] === b[key]) return []
      if (a[key] === undefined) return [`${part}: ${key} is new: ${b[key]}`]
      if (b[key] === undefined) return [`${part}: ${key} is gone`]
      return [
        `${part}: ${key}\n  was ${firstDifference(a[key], b[key])}\n  is  ${firstDifference(b[key], a[key])}`,
      ]
    })
  })
}

function firstDifference(text: string, other: string): string {
  let at = 0
  while (at < text.length && text[at] === other[at]) at++
  return text.slice(Math.max(0, at - 60), at + 160)
}
