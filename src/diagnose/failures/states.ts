import { type Family, families } from '../../address/family.ts'
import { tryParseIP } from '../../address/index.ts'
import { assignedBy } from '../../layers/cni-calico/assignment.ts'
import { readCalico } from '../../layers/cni-calico/read.ts'
import { slicesByService } from '../../layers/shared/endpoints.ts'
import { readService } from '../../layers/shared/service.ts'
import type { Cluster } from '../../model/cluster.ts'
import type { Failure, SeenOnNodes } from '../../model/failure.ts'
import { getField } from '../../model/fields.ts'
import type { Violation } from '../../model/rule.ts'
import { isDual } from '../standing.ts'
import { failures, state } from './define.ts'

const found = (object: string, field: string, message: string): Violation => ({ object, field, message })

/** Families of the InternalIPs that a Node reports; [] when it reports none. */
function reported(cluster: Cluster, node: string): readonly Family[] {
  const object = cluster.objects['v1/nodes']?.find(({ metadata }) => metadata.name === node)
  const list = getField(object, ['status', 'addresses'])
  const ips = (Array.isArray(list) ? list : []).flatMap(item => {
    const address = getField(item, ['address'])
    return getField(item, ['type']) === 'InternalIP' && typeof address === 'string' ? [address] : []
  })
  return families.filter(family => ips.some(ip => tryParseIP(ip)?.family === family))
}

const nodeNames = (cluster: Cluster): readonly string[] =>
  (cluster.objects['v1/nodes'] ?? []).map(({ metadata }) => metadata.name)

function reportsOne(cluster: Cluster): readonly Violation[] {
  if (!isDual(cluster)) return []
  return nodeNames(cluster).flatMap(node => {
    const [only, second] = reported(cluster, node)
    return only === undefined || second !== undefined
      ? []
      : [
          found(
            `Node ${node}`,
            'status.addresses',
            `reports ${only} only, and the API servers have two families`,
          ),
        ]
  })
}

/** Static pods whose manifest is there and whose mirror is not. Asked only where mirrors of that node were read at all. */
function withoutMirror(cluster: Cluster): readonly Violation[] {
  if (cluster.pods.length === 0) return []
  return Object.entries(cluster.nodes).flatMap(([node, { manifests }]) =>
    (manifests ?? []).flatMap(path => {
      const component = /\/(kube-apiserver|kube-controller-manager|kube-scheduler|etcd)\.yaml$/.exec(
        path,
      )?.[1]
      if (component === undefined) return []
      const isThere = cluster.pods.some(
        ({ namespace, name }) => namespace === 'kube-system' && name === `${component}-${node}`,
      )
      return isThere ? [] : [found(`Node ${node}`, path, `there is no pod ${component}-${node}`)]
    }),
  )
}

function noPool(cluster: Cluster): readonly Violation[] {
  const calico = readCalico(cluster)
  if (calico?.config === undefined || cluster.objects['crd.projectcalico.org/v1/ippools'] === undefined)
    return []
  let assigned: readonly Family[]
  try {
    assigned = assignedBy(calico.config)
  } catch {
    return []
  }
  return assigned
    .filter(family => !calico.pools.some(pool => pool.family === family && !pool.isDisabled))
    .map(family =>
      found('IPPools of Calico', 'spec.cidr', `${family} is assigned to pods, and no enabled pool is of it`),
    )
}

function oneFamilyBehind(cluster: Cluster): readonly Violation[] {
  const slices = slicesByService(cluster)
  return (cluster.objects['v1/services'] ?? []).map(readService).flatMap(service => {
    if (service.families.length < 2 || service.selector === undefined) return []
    const own = slices(`${service.namespace}/${service.name}`)
    const ready = service.families.filter(family =>
      own.some(slice => slice.family === family && slice.endpoints.some(endpoint => endpoint.ready)),
    )
    const missing = service.families.filter(family => !ready.includes(family))
    if (ready.length === 0 || missing.length === 0) return []
    return [
      found(
        `Service ${service.namespace}/${service.name}`,
        'endpoints',
        `has both families, and no ready endpoint in ${missing.join()}`,
      ),
    ]
  })
}

/** MTU of the interface with a node's first reported address. */
function mtus(cluster: Cluster): readonly { readonly node: string; readonly mtu: number }[] {
  return Object.entries(cluster.nodes).flatMap(([node, { addresses }]) => {
    const object = cluster.objects['v1/nodes']?.find(({ metadata }) => metadata.name === node)
    const list = getField(object, ['status', 'addresses'])
    const ips = new Set((Array.isArray(list) ? list : []).map(item => getField(item, ['address'])))
    const mtu = addresses.find(({ address }) => ips.has(address))?.mtu
    return mtu === undefined ? [] : [{ node, mtu }]
  })
}

function mtuDiffers(cluster: Cluster): readonly Violation[] {
  const all = mtus(cluster)
  const most = Math.max(...all.map(({ mtu }) => mtu))
  return all.flatMap(({ node, mtu }) =>
    mtu < most ? [found(`Node ${node}`, 'mtu', `its MTU is ${mtu}, that of other nodes ${most}`)] : [],
  )
}

/** The address of a family is there, and its default route is not, while other nodes have one. */
function routeLost(cluster: Cluster): readonly Violation[] {
  const entries = Object.entries(cluster.nodes).filter(([, { addresses }]) => addresses.length > 0)
  return families.flatMap(family => {
    const hasRoute = (node: Cluster['nodes'][string]): boolean =>
      node.routes.some(route => route.family === family && route.destination === 'default')
    const hasAddress = (node: Cluster['nodes'][string]): boolean =>
      node.addresses.some(one => one.family === family && one.scope === 'global')
    const able = entries.filter(([, node]) => hasAddress(node))
    if (!able.some(([, node]) => hasRoute(node))) return []
    return able.flatMap(([name, node]) =>
      hasRoute(node)
        ? []
        : [found(`Node ${name}`, `${family} default route`, 'is not there, and other nodes have one')],
    )
  })
}

function kubeletAway(cluster: Cluster): readonly Violation[] {
  return Object.entries(cluster.nodes).flatMap(([node, facts]) =>
    // Facts without a kernel are of a bundle by hand: nobody asked for the kubelet.
    facts.kernel !== undefined && facts.addresses.length > 0 && facts.kubeletArguments === undefined
      ? [found(`Node ${node}`, 'kubelet', 'no kubelet runs')]
      : [],
  )
}

/** Containers that ended with an error and have not come back, as nodes tell and as pods tell. */
function keepsEnding(cluster: Cluster, seen: SeenOnNodes = {}): readonly Violation[] {
  const onNodes = Object.entries(seen).flatMap(([node, containers]) =>
    containers.flatMap(({ pod, container, state: now, exitCode, attempt, finishedAt }) =>
      now === 'exited' && exitCode !== undefined && exitCode !== 0
        ? [
            found(
              `${container} of ${pod} on ${node}`,
              'container',
              `ended with exit code ${exitCode}${finishedAt === undefined ? '' : ` at ${finishedAt}`}, start ${attempt + 1}`,
            ),
          ]
        : [],
    ),
  )
  const waiting = cluster.pods.flatMap(({ namespace, name, waiting: why, ended }) => {
    const told = why?.startsWith('CrashLoopBackOff') === true ? why : ended
    return told === undefined ? [] : [found(`Pod ${namespace}/${name}`, 'container', told)]
  })
  return [...onNodes, ...waiting]
}

/** What is read from states, and from what is absent. */
export const stateFailures: readonly Failure[] = failures('state', 'kubelet', {
  'node-reports-one-family': {
    title: 'a node reports one family, and the control plane has two',
    cause:
      'Without two values in --node-ip a kubelet reports one address, always; also when the second is not on the node or was misspelt. Pods of the host network, NodePorts and kube-proxy have one family there.',
    fix: 'Write --node-ip=FIRST,SECOND (the reported address first) where that node has the flag, restart its kubelet, then make its kube-proxy pod again. `dualstack plan` does all of it.',
    source: 'k/k:pkg/kubelet/nodestatus/setters.go',
    covers: ['P17', 'P18', 'kubernetes 5.2'],
    signs: [state('a node without one of the families', reportsOne, 'likely')],
  },
  'static-pod-not-running': {
    layer: 'static-pods',
    title: 'a manifest is there, and its static pod is not',
    cause:
      'The kubelet did not take the manifest: it cannot be read, a second file names the same pod, the kubelet does not run, or it could not tell the API server of the pod.',
    fix: 'On that node: `journalctl -u kubelet | grep -i manifest`, `crictl ps -a`; one file for each component in the folder.',
    source: 'k/k:pkg/kubelet/config/file.go, pkg/kubelet/pod/mirror_client.go',
    covers: ['kubernetes 10', 'P20'],
    signs: [state('a manifest without a pod', withoutMirror)],
  },
  'kubelet-not-running': {
    title: 'no kubelet runs on a node',
    cause:
      'The unit was stopped, or the kubelet ends when it starts: a flag or its configuration file. Nothing changes on that node any more, and what runs goes on.',
    fix: 'On the node: `systemctl status kubelet`, `journalctl -u kubelet -n 50`; the last error before it ends is the reason.',
    source: 'k/k:cmd/kubelet/app/server.go',
    signs: [state('a node without a kubelet', kubeletAway)],
  },
  'no-pool-of-family': {
    layer: 'cni',
    title: 'Calico shall assign a family of which there is no pool',
    cause:
      'assign_ipv6 (or assign_ipv4) is "true" in the CNI configuration, and no enabled IPPool is of that family: every new pod stays in ContainerCreating, in both families.',
    fix: 'Make an IPPool of the family inside the cluster’s pod range; pods that wait then start by themselves.',
    source: 'calico:cni-plugin/pkg/ipamplugin/ipam_plugin.go',
    covers: ['P23'],
    signs: [state('a family without a pool', noPool)],
  },
  'default-route-lost': {
    layer: 'host',
    title: 'a node has an address of a family, and lost its default route',
    cause:
      'A route that came with router advertisements dies with its lifetime once the node forwards and accept_ra is 1: the kernel takes no more advertisements. Forwarding may have been switched on by Calico, Cilium, Docker or a person.',
    fix: 'On that node: net.ipv6.conf.<uplink>.accept_ra=2, for good in /etc/sysctl.d, or a static route. Interfaces that systemd-networkd keeps need neither.',
    source: 'Linux Documentation/networking/ip-sysctl.rst accept_ra; RFC 4861 6.2.1',
    covers: ['P01'],
    signs: [state('a default route of one family', routeLost)],
  },
  'mtu-differs': {
    layer: 'host',
    title: 'nodes differ in their MTU',
    cause:
      'Packets as large as one node’s interface do not fit another’s. IPv6 routers never cut packets: small requests are fine, and large ones hang wherever ICMPv6 2 does not come through.',
    fix: 'One MTU for the uplinks of all nodes, and the CNI’s MTU below it by what its encapsulation takes; then make pods again.',
    source: 'RFC 8200 5, RFC 8201',
    covers: ['P33', 'practice mtu'],
    signs: [state('another MTU than other nodes', mtuDiffers, 'likely')],
  },
  'service-without-endpoints': {
    layer: 'services',
    title: 'Services of both families have endpoints in one',
    cause:
      'Their pods were made before the conversion and have one address for life; or the Service was converted before its pods. Names already give addresses of both families, and the other one is refused.',
    fix: 'Make their pods again: `kubectl rollout restart`, CoreDNS first. What has no owner must be made again by hand.',
    source: 'k/k:staging/src/k8s.io/endpointslice',
    covers: ['P14', 'P40', 'kubernetes 7.5', 'kubernetes 8'],
    signs: [state('a family without ready endpoints', oneFamilyBehind)],
  },
  'keeps-ending': {
    layer: 'workloads',
    title: 'containers of the system end with an error again and again',
    cause: 'What they said last is the reason; where it is a known one it stands above.',
    fix: 'On the node: `crictl ps -a`, then `crictl logs` of the newest container that exited.',
    source: 'k/k:pkg/kubelet/kuberuntime',
    signs: [state('a container that ended', keepsEnding, 'likely')],
  },
})
