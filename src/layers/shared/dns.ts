import { configMapText } from '../../model/changes.ts'
import type { Cluster, KubeObject } from '../../model/cluster.ts'

/** The DNS Service is called kube-dns whatever serves it; the label is what CoreDNS's own deployment carries. */
export const isDNSService = ({ metadata }: KubeObject): boolean =>
  metadata.namespace === 'kube-system' &&
  (metadata.name === 'kube-dns' || metadata.labels?.['k8s-app'] === 'kube-dns')

/** Of CoreDNS's plugin kubernetes, where its Corefile says nothing. */
const defaultTTL = 5

/**
 * Seconds until no client may still hold an answer of cluster DNS: the TTL of the plugin kubernetes, and as long again in CoreDNS's own
 * cache unless that is off for the cluster's zone (kubeadm's Corefile: `ttl 30`, and off).
 * https://coredns.io/plugins/kubernetes/ https://coredns.io/plugins/cache/
 */
export function secondsToForget(cluster: Cluster): number {
  const corefile = configMapText(cluster, 'kube-system', 'coredns', 'Corefile')
  if (corefile === undefined) return 30
  const ttl = Number(/\bkubernetes\s[^}]*?\bttl\s+(\d+)/.exec(corefile)?.[1] ?? defaultTTL)
  const cached = /\bcache\b/.test(corefile) && !/\bdisable\s+success\b/.test(corefile)
  return cached ? 2 * ttl : ttl
}
