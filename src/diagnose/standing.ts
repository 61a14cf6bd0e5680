import type { Cluster } from '../model/cluster.ts'
import type { Goal } from '../model/goal.ts'
import type { Failure } from '../model/failure.ts'
import type { AnyRule, Finding } from '../model/rule.ts'
import { readAPIServers } from '../layers/kube-apiserver/read.ts'
import { attempt } from '../layers/shared/edit.ts'
import { decide } from '../plan/intent.ts'
import { argumentsOf, instances } from '../plan/preflight/components.ts'
import { rangesOf } from '../plan/preflight/ranges.ts'
import { judge } from '../rules/judge.ts'
import { failureOf } from './from-rules.ts'

/** A rule that is broken as the cluster stands now, as a failure. */
export interface Standing {
  readonly failure: Failure
  readonly certainty: 'sure' | 'likely'
  readonly broken: readonly Finding[]
}

/** Rules on a cluster that tell of one that is broken, whatever it shall become. Others ask what would be missing for two families. */
const always =
  /^(?:static-pods\/copies|service-cidr\/not-ready|api-servers\/ranges-differ|kubelet-files\/node-ip-twice|kubelet-flags\/node-ip-unreadable|range-pair\/(?:services|pods)-differ|certificates\/expired)$/

/** Rules that tell of something broken once the API servers have two ranges: then what they ask for must be there. */
const onceDual =
  /^(?:host-firewall\/|host-family\/(?:switched-off|no-default-route|advertised-route-dies)|left-behind\/upgrade-takes-it-back|calico-pool\/(?:missing|disabled|block-size|node-selector|outside-pod-range)|calico-node\/(?:no-address|not-ready|half-configured)|calico-ipam\/boolean|calico-encapsulation\/(?:no-carrier|no-nat|below-1280)|calico-operator\/(?:degraded|no-api-server)|dns\/|kube-proxy-config\/(?:cluster-cidr-lacks-family|node-cidr-lacks-family)|api-servers\/|service-cidr\/|node-state\/address-not-there|other-cni\/flannel-too-early|service-state\/(?:waits-for-dual-stack|no-endpoints-of-family))/

/** What rules find broken now: arguments with which a component would not start, and states that do not work. */
export function standing(cluster: Cluster, rules: readonly AnyRule[], now: string): readonly Standing[] {
  const dual = isDual(cluster)
  const goal = dual ? goalOf(cluster) : undefined
  const judged = rules.filter(rule => always.test(rule.id) || (goal !== undefined && onceDual.test(rule.id)))
  const findings = [
    ...judge(judged, 'cluster', { cluster, goal, now }),
    ...whereReadable(() => judge(judged, 'ranges', rangesOf(cluster, goal, cluster))),
    ...instances(cluster).flatMap(instance =>
      whereReadable(() => argumentsOf(cluster, instance)).flatMap(one => judge(rules, 'arguments', one)),
    ),
  ].filter(
    ({ rule, severity }) =>
      severity === 'error' || (severity === 'warning' && judged.some(({ id }) => id === rule)),
  )
  return rules.flatMap(rule => {
    const broken = findings.filter(finding => finding.rule === rule.id)
    if (broken.length === 0) return []
    const isSure = broken.some(({ severity }) => severity === 'error')
    return [{ failure: failureOf(rule), certainty: isSure ? ('sure' as const) : ('likely' as const), broken }]
  })
}

/** A file that cannot be read is told by whoever reads it, and keeps nothing else from being judged. */
const whereReadable = <T>(read: () => readonly T[]): readonly T[] => attempt('the cluster', read).value ?? []

/** Does any API server have two Service ranges, in its manifest or as it runs? */
export const isDual = (cluster: Cluster): boolean =>
  (readAPIServers(cluster)?.instances ?? []).some(({ configured, running }) =>
    [configured, running].some(range => range?.includes(',') === true),
  )

/** undefined: what stands there contradicts itself, and no goal can be made of it. */
function goalOf(cluster: Cluster): Goal | undefined {
  try {
    return decide(cluster, {})
  } catch {
    return undefined
  }
}
