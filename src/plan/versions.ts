import { RefusedError } from '../base/errors.ts'
import { minorOf } from '../base/version.ts'
import type { Cluster } from '../model/cluster.ts'
import { getField } from '../model/fields.ts'
import { knownVersions } from '../rules/kubernetes-version.ts'

const { oldest, newest, ungated } = knownVersions

/**
 * Nothing is planned for a version of which nothing is known. Kubelets count too: a node may be older than its API server.
 * @throws RefusedError `plan.unknown-version` that says what is known
 */
export function requireVersion(cluster: Cluster): void {
  for (const { what, version } of versionsOf(cluster)) {
    const minor = placeOf(version)
    if (minor === undefined || (minor >= oldest && minor <= newest)) continue
    throw new RefusedError(
      `${what} is Kubernetes ${version}: ${minor < oldest ? tooOld : tooNew}`,
      'plan.unknown-version',
      `Known are 1.${ungated} to 1.${newest}; 1.${oldest} to 1.${ungated - 1} are planned with the feature gate IPv6DualStack. Nothing was changed.`,
    )
  }
}

const tooOld = `dual-stack of two families a Service came with 1.${oldest}; before that a Service has one, and a kubelet one address`
const tooNew = `flags and objects after 1.${newest} were not looked at, and an edit could take a component down`

/** API server and kubelets, each version once. */
function versionsOf(cluster: Cluster): readonly { readonly what: string; readonly version: string }[] {
  const found = new Map<string, string>()
  if (cluster.version !== '') found.set(cluster.version, 'this cluster')
  for (const node of cluster.objects['v1/nodes'] ?? []) {
    const version = getField(node, ['status', 'nodeInfo', 'kubeletVersion'])
    if (typeof version === 'string' && !found.has(version))
      found.set(version, `the kubelet of node ${node.metadata.name}`)
  }
  return [...found].map(([version, what]) => ({ what, version }))
}

/** undefined: it cannot be read, and nobody is refused for that. Kubernetes 2 is newer than anything. */
function placeOf(version: string): number | undefined {
  const minor = minorOf(version)
  if (!Number.isNaN(minor)) return minor
  return /^v?\d+\.\d+/.test(version) ? Number.POSITIVE_INFINITY : undefined
}
