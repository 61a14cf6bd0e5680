import { RefusedError } from '../base/errors.ts'
import type { Cluster } from '../model/cluster.ts'
import { getField } from '../model/fields.ts'
import { readFlags } from '../text/manifest.ts'
import type { SwapSettings } from './drive.ts'

const manifest = '/etc/kubernetes/manifests/kube-apiserver.yaml'
/** Seconds until a new API server must be ready: a start takes 10 s on an idle node; a slow disk and 60 s of its own patience are allowed for. */
const readyWithin = 120

/** What a swap must know of a cluster: the ClusterIP that clients inside use, and the address and port of each instance. */
export function swapSettings(cluster: Cluster, how: SwapSettings['how']): SwapSettings {
  const service = cluster.objects['v1/services']?.find(
    ({ metadata }) => metadata.namespace === 'default' && metadata.name === 'kubernetes',
  )
  const address = getField(service, ['spec', 'clusterIP'])
  const ports = (getField(service, ['spec', 'ports']) ?? []) as readonly { readonly port: number }[]
  if (typeof address !== 'string') {
    throw new RefusedError(
      'Service default/kubernetes has no ClusterIP',
      'swap.no-service',
      'The API server makes it when it starts: look at the log of kube-apiserver.',
    )
  }
  return {
    how,
    within: readyWithin,
    service: { address, port: ports[0]?.port ?? 443 },
    server(node) {
      const text = cluster.nodes[node]?.files[manifest]?.text
      const flags = text === undefined ? undefined : readFlags(text, 'kube-apiserver')
      const advertised = flags?.get('advertise-address')
      if (advertised === undefined) {
        throw new RefusedError(
          `${node}:${manifest} has no --advertise-address`,
          'swap.no-address',
          'kubeadm writes it; without it the node address to redirect is not known.',
        )
      }
      return { address: advertised, port: Number(flags?.get('secure-port') ?? 6443) }
    },
  }
}
