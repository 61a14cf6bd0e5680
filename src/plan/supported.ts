import { RefusedError } from '../base/errors.ts'
import type { Cluster } from '../model/cluster.ts'
import type { Layer } from '../model/layer.ts'
import { unconverted } from '../rules/other-cni.ts'
import { requireVersion } from './versions.ts'

/**
 * Nothing is planned halfway: for a version of which nothing is known, or a cluster whose CNI no layer knows, which would end with Services
 * of a family that no pod has.
 * @throws RefusedError `plan.unknown-version`, `cni.unsupported` naming what was found
 */
export function requireSupported(cluster: Cluster, layers: readonly Layer[]): void {
  requireVersion(cluster)
  const known = layers.filter(layer => layer.id.startsWith('cni-'))
  if (known.some(layer => layer.read(cluster) !== undefined)) return
  const others = unconverted(cluster)
  const found =
    others.length > 0 ? others.map(({ title, object }) => `${title} (${object})`) : foundCNIs(cluster)
  const missing = others.map(({ title, missing: what }) => `What it takes for ${title}: ${what}.`)
  throw new RefusedError(
    `the CNI of this cluster is not supported yet: ${found.length === 0 ? 'no Calico was found' : `found ${found.join(', ')}`}`,
    'cni.unsupported',
    [
      ...missing,
      `Known are: ${known.map(layer => layer.title).join(', ')}. Nothing was changed. \`dualstack status\` shows the layers that are known.`,
    ].join(' '),
  )
}

/** Names of CNI configurations on the nodes, and of DaemonSets that look like a CNI. */
function foundCNIs(cluster: Cluster): readonly string[] {
  const files = Object.values(cluster.nodes).flatMap(facts =>
    Object.keys(facts.files).filter(path => path.startsWith('/etc/cni/net.d/') && facts.files[path] !== null),
  )
  const agents = (cluster.objects['apps/v1/daemonsets'] ?? [])
    .map(({ metadata }) => metadata.name)
    .filter(name => /flannel|cilium|canal|antrea|kube-router|kube-ovn|weave|multus|calico/i.test(name))
  return [...new Set([...agents.map(name => `DaemonSet ${name}`), ...files])].toSorted()
}
