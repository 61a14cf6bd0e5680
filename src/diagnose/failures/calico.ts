import type { Failure } from '../../model/failure.ts'
import { readAnyCalico } from '../../layers/cni-calico/read.ts'
import { attempt } from '../../layers/shared/edit.ts'
import type { Cluster } from '../../model/cluster.ts'
import type { Violation } from '../../model/rule.ts'
import { getField } from '../../text/json-template.ts'
import { failures, lab, quoted, says, state } from './define.ts'

const startup = 'calico:node/pkg/lifecycle/startup/startup.go'

/** Placeholders of the ConfigMap count as values. */
function noJson(cluster: Cluster): readonly Violation[] {
  const { config, source, namespace } = readAnyCalico(cluster) ?? {}
  if (config === undefined) return []
  const object = `ConfigMap ${namespace ?? ''}/${source?.name ?? ''}`
  const read = attempt(object, () => getField(config, json => json))
  return read.refused !== undefined
    ? [{ object, field: source?.key ?? '', message: `no JSON: ${read.refused.message}` }]
    : []
}

/** What Calico says, besides what rules say. */
export const calicoFailures: readonly Failure[] = failures('calico', 'cni', {
  'address-conflict': {
    title: 'two nodes claim one address',
    cause:
      'calico-node found its node’s address at another Node: a virtual IP, an address that was cloned with the machine, or a Node that is gone.',
    fix: 'Pin the method (IP6_AUTODETECTION_METHOD=interface=… or kubernetes-internal-ip), or take the address off the wrong machine.',
    source: startup,
    covers: ['P22', 'cni 2.2'],
    signs: [
      says('calico-node', 'is already using the IPv4 address'),
      says('calico-node', 'is already using the IPv6 address'),
    ],
    sample: quoted(
      "2026-11-23 03:01:00.000 [WARNING][9] startup/startup.go 1008: Calico node 'n2' is already using the IPv6 address fd00:10::11.",
    ),
  },
  'address-kept': {
    title: 'calico-node found no address now, and keeps the old one',
    cause:
      'Autodetection failed on a node that had an address before. The next node that is new fails outright.',
    fix: 'Give the node a global address of that family for good, or pin another method.',
    source: startup,
    covers: ['P22'],
    signs: [says('calico-node', 'Unable to auto-detect an IPv* address', 'likely')],
    sample: quoted(
      '2026-11-23 03:01:00.000 [WARNING][9] startup/autodetection.go 30: Unable to auto-detect an IPv6 address: no valid IPv6 addresses found on the host interfaces',
    ),
  },
  'no-address-at-all': {
    title: 'calico-node stops: the node has no address of its own',
    cause: 'Neither autodetection nor the Node object gave an address.',
    fix: 'Give the node an address; look at IP, IP6 and the autodetection methods in the DaemonSet.',
    source: startup,
    covers: ['P22'],
    signs: [
      says('calico-node', 'No IPv4 or IPv6 addresses configured or detected, required for Calico networking'),
    ],
    sample: quoted(
      '2026-11-23 03:01:00.000 [ERROR][9] startup/startup.go 250: No IPv4 or IPv6 addresses configured or detected, required for Calico networking',
    ),
  },
  'pool-environment-and-none': {
    title: 'calico-node is told to make a pool, and to make none',
    cause: 'CALICO_IPV4POOL_CIDR or CALICO_IPV6POOL_CIDR is set together with NO_DEFAULT_POOLS=true.',
    fix: 'Take one of the two out of the DaemonSet; with a pool of your own both are not needed.',
    source: startup,
    covers: ['cni 2.2'],
    signs: [says('calico-node', 'Invalid configuration with NO_DEFAULT_POOLS defined and CALICO_IPV')],
    sample: quoted(
      '2026-11-23 03:01:00.000 [ERROR][9] startup/startup.go 743: Invalid configuration with NO_DEFAULT_POOLS defined and CALICO_IPV4POOL_CIDR or CALICO_IPV6POOL_CIDR defined.',
    ),
  },
  'no-pool-for-both': {
    title: 'a pod cannot get an address of each family that is to be assigned',
    cause:
      'assign_ipv6 (or assign_ipv4) is "true", and no pool of the family can be used on that node. The whole request fails, and the address that was found is given back.',
    fix: 'Make an IPPool of the family that is enabled and selects this node; waiting pods then start by themselves.',
    source: 'calico:cni-plugin/pkg/ipamplugin/ipam_plugin.go',
    covers: ['P23', 'cni 2.2'],
    signs: [
      says('calico-cni', 'failed to request IPv4 addresses: ', 'likely'),
      says('calico-cni', 'failed to request IPv6 addresses: ', 'likely'),
    ],
    sample: quoted(
      'plugin type="calico" failed (add): failed to request IPv6 addresses: no pool can be used',
    ),
  },
  'bird-not-ready': {
    title: 'calico-node is not ready: a BGP session does not come up',
    cause:
      'TCP 179 between the nodes is closed in that family, the peer has no address of it, or routers are configured for the other one. Readiness asks for IPv4’s BIRD only: for IPv6 look at `calicoctl node status`.',
    fix: 'Open TCP 179 between all nodes in both families, and see that every Calico Node resource has bgp.ipv6Address.',
    source: 'calico:node/pkg/health/health.go',
    covers: ['P27'],
    signs: [
      says('any', 'BIRD is not ready: BGP not established with', 'likely'),
      says('any', 'calico/node is not ready: BIRD is not ready', 'likely'),
    ],
    sample: quoted(
      'Readiness probe failed: calico/node is not ready: BIRD is not ready: BGP not established with 10.0.0.12',
    ),
  },
  'felix-not-ready': {
    title: 'Felix does not become ready on a node',
    cause:
      'Felix could not write its rules or reach the datastore; what it says right before names the reason.',
    fix: 'See the log of that calico-node pod for [ERROR] and [FATAL]; with IPv6 on, ip6tables and the kernel’s modules must work.',
    source: 'calico:felix/dataplane/linux',
    signs: [
      says('calico-node', 'Failed to execute ip(6)tables-restore command', 'likely'),
      says('any', 'calico/node is not ready: felix is not ready', 'likely'),
    ],
    sample: quoted(
      'Readiness probe failed: calico/node is not ready: felix is not ready: readiness probe reporting 503',
    ),
  },
  'configuration-no-json': {
    title: 'the CNI configuration in calico-config is no JSON',
    cause:
      'An edit of cni_network_config left a comma too many or too few, or a quote open: JSON inside YAML, which nobody checks. install-cni ends with an error wherever calico-node starts, the node keeps its old file, and calico-node does not come up.',
    fix: 'Correct cni_network_config in the ConfigMap (the message names the character), then make the calico-node pods again that wait.',
    source: 'calico:cni-plugin/pkg/install/install.go',
    covers: ['cni 2.2'],
    signs: [
      says('calico-cni', 'is not a valid json object'),
      state('a configuration that does not parse', noJson),
    ],
    sample: lab('} is not a valid json object'),
  },
  'needs-api': {
    title: 'Calico does not reach the API server through the kubernetes Service',
    cause:
      'kube-proxy has not written its rules on that node, or the API server is away. calico-node waits and starts again.',
    fix: 'See kube-proxy on that node and `kubectl get --raw /readyz`; the kubernetes Service stays of one family, and that is right.',
    source: 'calico:node/pkg/lifecycle/startup',
    layer: 'kube-proxy',
    signs: [
      says('any', 'error getting ClusterInformation: connection is unauthorized', 'sure', { again: 90 }),
      says('any', 'error getting ClusterInformation: Get *: dial tcp', 'likely', { again: 90 }),
    ],
    sample: quoted(
      'plugin type="calico" failed (add): error getting ClusterInformation: Get "https://10.96.0.1:443/apis/crd.projectcalico.org/v1/clusterinformations/default": dial tcp 10.96.0.1:443: i/o timeout',
    ),
  },
  'operator-post-install': {
    title: 'this operator does not change pools after the installation',
    cause: 'Older operators take calicoNetwork.ipPools only once.',
    fix: 'Update the operator, or make the IPPool with calicoctl.',
    source: 'tigera/operator:pkg/controller/installation, projectcalico/calico#6443',
    covers: ['cni 2.3', 'P28'],
    signs: [
      says('tigera-operator', 'The ipPools section cannot be modified post-install'),
      says('tigera-operator', 'cannot be modified post-install', 'likely'),
    ],
    sample: quoted('The ipPools section cannot be modified post-install'),
  },
  'vxlan-v6-kernel': {
    title: 'the tunnel device for IPv6 cannot be made',
    cause: 'VXLAN in IPv6 needs Linux 4.19.1 (Red Hat 4.18), and an IPv6 address of the node to carry it.',
    fix: 'See that every node has an IPv6 address in its Calico Node resource; a newer kernel; or vxlanMode Never where nodes share a network.',
    source: 'calico:felix/dataplane/linux/vxlan_mgr.go',
    covers: ['cni 2.2', 'P26'],
    signs: [says('calico-node', 'Failed to configure VXLAN tunnel device', 'likely')],
    sample: quoted(
      '2026-11-23 03:01:00.000 [WARNING][70] felix/vxlan_mgr.go 500: Failed to configure VXLAN tunnel device, retrying... ipVersion=0x6',
    ),
  },
})
