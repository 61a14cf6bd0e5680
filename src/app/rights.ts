import { Document, isScalar, visit } from 'yaml'
import type { Resource } from '../model/cluster.ts'
import type { Read } from '../model/read.ts'

/** What a command may do with a resource. */
interface Right {
  readonly resource: Resource
  readonly verbs: readonly string[]
  /** Only these; not possible for create and list. */
  readonly names?: readonly string[]
}

/** A WebSocket begins with a GET, and is asked about as such; newer API servers ask about create besides. */
const exec = ['get', 'create']

/**
 * What apply and rollback write, beside what they read. Held to plans of a real cluster by test/rbac.test.ts; what the run itself writes (the
 * lock, evictions) stands here because no plan names it.
 */
const writes: readonly Right[] = [
  { resource: 'v1/services', verbs: ['update'] },
  { resource: 'v1/nodes', verbs: ['update'] },
  { resource: 'v1/pods', verbs: ['delete'] },
  { resource: 'v1/pods/eviction', verbs: ['create'] },
  // Takes Felix's rules out of a kernel, in calico-node's pods.
  { resource: 'v1/pods/exec', verbs: exec },
  { resource: 'v1/podtemplates', verbs: ['list'] },
  { resource: 'apps/v1/daemonsets', verbs: ['update'] },
  { resource: 'apps/v1/deployments', verbs: ['update'] },
  { resource: 'apps/v1/statefulsets', verbs: ['update'] },
  { resource: 'crd.projectcalico.org/v1/ippools', verbs: ['create', 'update'] },
  { resource: 'crd.projectcalico.org/v1/ipamblocks', verbs: ['delete'] },
  { resource: 'crd.projectcalico.org/v1/blockaffinities', verbs: ['delete'] },
  { resource: 'operator.tigera.io/v1/installations', verbs: ['update'] },
]

/** In kube-system: what carries the configuration of components, and the lock. */
const systemWrites: readonly Right[] = [
  { resource: 'v1/configmaps', verbs: ['update'], names: ['calico-config', 'kube-proxy', 'kubeadm-config'] },
  { resource: 'coordination.k8s.io/v1/leases', verbs: ['create'] },
  { resource: 'coordination.k8s.io/v1/leases', verbs: ['get', 'update', 'delete'], names: ['dualstack'] },
]

/** Pods that nobody else makes again: only for who asks for them with --include bare-pods. */
const barePods: readonly Right[] = [
  { resource: 'v1/pods', verbs: ['create'] },
  { resource: 'v1/podtemplates', verbs: ['get', 'create', 'update', 'delete'] },
]

/** --node-access pod: a privileged pod on each node, in a namespace that comes and goes. */
const nodePods: readonly Right[] = [
  { resource: 'v1/namespaces', verbs: ['create'] },
  { resource: 'v1/namespaces', verbs: ['get', 'delete'], names: ['kubectl-dualstack'] },
  { resource: 'v1/nodes', verbs: ['get'] },
  { resource: 'v1/pods', verbs: ['get', 'list', 'create', 'delete'] },
  { resource: 'v1/pods/exec', verbs: exec },
]

/** Test pods in a namespace with a new name each time, and what leads to them. */
const testPods: readonly Right[] = [
  { resource: 'v1/namespaces', verbs: ['get', 'list', 'create', 'delete'] },
  { resource: 'v1/nodes', verbs: ['list'] },
  { resource: 'v1/pods', verbs: ['list', 'create'] },
  { resource: 'v1/pods/exec', verbs: exec },
  { resource: 'v1/services', verbs: ['get', 'list', 'create'] },
  { resource: 'apps/v1/daemonsets', verbs: ['get'] },
  { resource: 'discovery.k8s.io/v1/endpointslices', verbs: ['list'] },
  { resource: 'networking.k8s.io/v1/ingresses', verbs: ['list'] },
  { resource: 'networking.k8s.io/v1/ingressclasses', verbs: ['list'] },
  { resource: 'networking.k8s.io/v1/networkpolicies', verbs: ['create'] },
]

type Rule = Readonly<Record<string, readonly string[]>>

/** The manifest with every right that the commands need, each role with what it is for. */
export function rightsManifest(reads: readonly Read[]): string {
  const lists = [...new Set(reads.flatMap(read => (read.kind === 'list' ? [read.resource] : [])))]
  const maps = reads.flatMap(read => (read.kind === 'config-map' ? [read] : []))
  const system = 'kube-system'
  const names = [...new Set(maps.filter(map => map.namespace === system).map(map => map.name))].sort()
  const elsewhere = [...new Set(maps.filter(map => map.namespace !== system).map(map => map.name))].sort()
  const mapRights = (of: readonly string[]): readonly Right[] =>
    of.length === 0 ? [] : [{ resource: 'v1/configmaps', verbs: ['get'], names: of }]
  const seen: readonly Right[] = [
    ...['v1/nodes', ...lists].map(resource => ({ resource, verbs: ['get', 'list'] })),
    { resource: 'v1/namespaces', verbs: ['get'], names: [system] },
    ...mapRights(elsewhere),
  ]
  const parts = [
    role('ClusterRole', 'view', 'status, plan, preflight, snapshot: what they read. No Secrets.', seen),
    role('Role', 'view', 'The same in kube-system.', mapRights(names), system),
    role(
      'ClusterRole',
      'run',
      'apply, rollback: what they write, besides view. Who may change DaemonSets and pods of kube-system may do anything on the nodes.',
      writes,
    ),
    role(
      'Role',
      'run',
      'The same in kube-system: component configuration, and the lock.',
      systemWrites,
      system,
    ),
    role('ClusterRole', 'bare-pods', 'apply, rollback with --include bare-pods, besides run.', barePods),
    role(
      'ClusterRole',
      'verify',
      'verify, and apply and rollback --with-traffic: test pods, besides view. Who may delete namespaces may delete any: give it for as long as it is needed.',
      testPods,
    ),
    role(
      'ClusterRole',
      'node-pods',
      'Every command with --node-access pod: privileged pods are root on the nodes. Not needed with ssh.',
      nodePods,
    ),
  ]
  return [head, ...parts].join('---\n')
}

const head = `# The rights that kubectl-dualstack needs in a cluster, for clusters where its user is no cluster-admin.
# Written by \`npm run docs:rbac\` from what the layers and rules read and what a run writes; a test holds it to them.
# Bind the roles to whoever runs it: kubectl create clusterrolebinding … --clusterrole=kubectl-dualstack-view, and in kube-system the roles.
`

function role(
  kind: 'ClusterRole' | 'Role',
  name: string,
  about: string,
  rights: readonly Right[],
  namespace?: string,
): string {
  const object = {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind,
    metadata: { name: `kubectl-dualstack-${name}`, ...(namespace === undefined ? {} : { namespace }) },
    rules: rulesOf(rights),
  }
  const document = new Document(object)
  // A list of words on one line each: the file is there to be read.
  visit(document, {
    Seq(_, list) {
      list.flow = list.items.every(isScalar)
    },
  })
  return `# ${about}\n${document.toString({ lineWidth: 0, flowCollectionPadding: false })}`
}

/** One rule for all resources of a group that need the same verbs. */
function rulesOf(rights: readonly Right[]): readonly Rule[] {
  const byResource = new Map<string, { right: Right; verbs: Set<string> }>()
  for (const right of rights) {
    const key = `${right.resource} ${right.names?.join() ?? ''}`
    const known = byResource.get(key)
    if (known === undefined) byResource.set(key, { right, verbs: new Set(right.verbs) })
    else for (const verb of right.verbs) known.verbs.add(verb)
  }
  const groups = new Map<
    string,
    { apiGroup: string; verbs: readonly string[]; names: readonly string[]; resources: string[] }
  >()
  for (const { right, verbs } of byResource.values()) {
    const { apiGroup, resource } = splitResource(right.resource)
    const ordered = order.filter(verb => verbs.has(verb))
    const names = right.names ?? []
    const key = JSON.stringify([apiGroup, ordered, names])
    const group = groups.get(key) ?? { apiGroup, verbs: ordered, names, resources: [] }
    group.resources.push(resource)
    groups.set(key, group)
  }
  return [...groups.entries()]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, { apiGroup, verbs, names, resources }]) => ({
      apiGroups: [apiGroup],
      resources: [...new Set(resources)].sort(),
      ...(names.length === 0 ? {} : { resourceNames: names }),
      verbs,
    }))
}

const order = ['get', 'list', 'create', 'update', 'delete']

/** `apps/v1/deployments` → `apps`, `deployments`; `v1/pods/exec` → the core group, `pods/exec`. */
function splitResource(resource: Resource): { readonly apiGroup: string; readonly resource: string } {
  const parts = resource.split('/')
  const version = parts.findIndex(part => /^v\d/.test(part))
  return { apiGroup: parts.slice(0, version).join('/'), resource: parts.slice(version + 1).join('/') }
}
