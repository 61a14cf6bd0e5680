import type { Failure } from '../../model/failure.ts'
import { event, failures, lab, quoted, says } from './define.ts'

const linux = 'k/k:cmd/kube-proxy/app/server_linux.go, server.go'

/** What kube-proxy says, besides what rules say. */
export const kubeProxyFailures: readonly Failure[] = failures('kube-proxy', 'kube-proxy', {
  'family-not-supported': {
    title: 'kube-proxy leaves one family out on this node',
    cause:
      'The kernel of the node does not speak the family, has it switched off (ipv6.disable=1, disable_ipv6), or ip6tables does not work there. kube-proxy runs on with the other family, and the pod stays Ready.',
    fix: 'On the node: `ls /proc/net/if_inet6`, `sysctl net.ipv6.conf.all.disable_ipv6`, `ip6tables -L -n`; enable the family, then make the kube-proxy pod of that node again.',
    source: linux,
    covers: ['kubernetes 4.3', 'P18'],
    signs: [
      says('kube-proxy', 'No iptables support for family', 'sure'),
      says('kube-proxy', 'No kernel support for family', 'sure'),
      says('kube-proxy', 'Kernel support disabled for family', 'sure'),
    ],
    sample: quoted(
      'I1123 03:01:00.000000       1 server_linux.go:90] "No iptables support for family" ipFamily="IPv6" error="exit status 3"',
    ),
  },
  'no-iptables': {
    title: 'kube-proxy finds no iptables that works',
    cause:
      'Neither iptables nor ip6tables works on this node: modules are missing, or the image does not fit the kernel.',
    fix: 'On the node: `iptables -t nat -L -n` says what is missing; load the modules (ip_tables, ip6_tables, nf_tables).',
    source: linux,
    covers: ['kubernetes 4.3'],
    signs: [says('kube-proxy', 'iptables is not available on this host')],
    sample: quoted('"command failed" err="iptables is not available on this host"'),
  },
  'no-primary-family': {
    title: 'kube-proxy cannot serve the family of the node’s first address',
    cause:
      'The first InternalIP of the Node is of a family that this node’s kernel or iptables does not support: often --node-ip was written in the wrong order.',
    fix: 'Write the address of the cluster’s first family first in --node-ip, restart the kubelet, then make kube-proxy’s pod of that node again.',
    source: linux,
    covers: ['kubernetes 4.3', 'P17'],
    signs: [says('kube-proxy', 'no support for primary IP family')],
    sample: quoted('"command failed" err="no support for primary IP family \\"IPv6\\""'),
  },
  'node-ips-changed': {
    title: 'kube-proxy is older than the addresses of its node',
    cause:
      'kube-proxy takes the node’s addresses when it starts. It noticed that they changed, only says so, and goes on with the old ones: NodePorts do not answer on the new address.',
    fix: '`kubectl -n kube-system rollout restart daemonset kube-proxy`, after all kubelets report both addresses.',
    source: linux,
    versions: '>=1.34',
    covers: ['kubernetes 4.3', 'P18'],
    signs: [says('kube-proxy', 'NodeIPs changed for the node', 'likely')],
    sample: lab(
      'I1129 10:46:29.558925       1 node.go:197] "NodeIPs changed for the node" node="n2" newNodeIPs=["10.89.1.12","fd00:89:1::12"] oldNodeIPs=["10.89.1.12"]',
    ),
  },
  'waits-for-pod-ranges': {
    title: 'kube-proxy waits for podCIDRs that nobody gives its Node',
    cause:
      'With detectLocalMode NodeCIDR it needs the Node’s podCIDRs. The controller manager does not allocate them, or has none left.',
    fix: 'Let kube-controller-manager allocate (--allocate-node-cidrs, --cluster-cidr), or set detectLocalMode to what fits the CNI (BridgeInterface, InterfaceNamePrefix, ClusterCIDR).',
    source: linux,
    covers: ['kubernetes 4.3'],
    signs: [says('kube-proxy', 'timeout waiting for PodCIDR allocation')],
    sample: quoted('"command failed" err="timeout waiting for PodCIDR allocation on node \\"n1\\""'),
  },
  'pod-ranges-changed': {
    title: 'kube-proxy restarts because its Node’s podCIDRs changed',
    cause:
      'In mode NodeCIDR it exits when they change, to start anew with the new ones. That is as it should be, once: the Node was made again.',
    fix: 'Nothing, when it happens once. Does it go on: see who makes that Node again and again.',
    source: linux,
    covers: ['kubernetes 4.3'],
    signs: [
      says('kube-proxy', 'PodCIDRs changed for the node', 'likely'),
      says(
        'kube-proxy',
        'Using NodeCIDR LocalDetector mode, current PodCIDRs are different than previous PodCIDRs, restarting',
        'likely',
      ),
    ],
    sample: quoted(
      'E1123 03:01:00.000000       1 node.go:120] "PodCIDRs changed for the node" newPodCIDRs=["10.244.4.0/24","fd00:244::/64"] oldPodCIDRs=["10.244.0.0/24"]',
    ),
  },
  'no-local-detection': {
    title: 'kube-proxy cannot tell local traffic of one family',
    cause:
      'clusterCIDR names one family only. For the other one kube-proxy does not know what comes from pods: traffic from outside the cluster to Services is not masqueraded as it should be.',
    fix: 'Write both ranges into clusterCIDR of ConfigMap kube-system/kube-proxy (and into kubeadm-config), then restart kube-proxy.',
    source: linux,
    covers: ['K15', 'P19', 'kubernetes 4.3'],
    signs: [
      says('kube-proxy', 'Defaulting to no-op detect-local', 'likely'),
      says('kube-proxy', 'defaulting to no-op detect-local', 'likely'),
      says('kube-proxy', 'Detect-local-mode set to ClusterCIDR, but no * cluster CIDR defined', 'likely'),
    ],
    sample: quoted(
      'W1123 03:01:00.000000       1 server_linux.go:210] "Detect-local-mode set to ClusterCIDR, but no IPv6 cluster CIDR defined, defaulting to no-op detect-local for IPv6"',
    ),
  },
  'no-node-range': {
    title: 'kube-proxy in mode NodeCIDR has one family only',
    cause:
      'The Node has one podCIDR and the cluster is dual-stack: a Node that existed never gets a second one.',
    fix: 'Set detectLocalMode to ClusterCIDR with both ranges, or make the Node objects again.',
    source: linux,
    covers: ['kubernetes 4.3', 'P03'],
    signs: [says('kube-proxy', 'but node.spec.podCIDRs contains only *addresses')],
    sample: quoted(
      '"command failed" err="kube-proxy configuration is incorrect: cluster is dual-stack but node.spec.podCIDRs contains only IPv4 addresses"',
    ),
  },
  'configuration-unusable': {
    title: 'kube-proxy refuses its configuration',
    cause:
      'A field of ConfigMap kube-system/kube-proxy does not fit what the cluster is; which one stands in the same line. All pods of the DaemonSet have the same.',
    fix: 'Correct config.conf in that ConfigMap and restart the DaemonSet.',
    source: 'k/k:pkg/proxy/apis/config/validation/validation.go',
    covers: ['kubernetes 4.2'],
    signs: [
      says('kube-proxy', 'must contain at least one CIDR', 'likely', { near: ['clustercidr'] }),
      says('kube-proxy', "can't use both 'primary' and CIDRs", 'sure'),
    ],
    sample: quoted(
      "KubeProxyConfiguration.NodePortAddresses[1]: Invalid value: \"10.0.0.0/8\": can't use both 'primary' and CIDRs",
    ),
  },
  'ipvs-deprecated': {
    title: 'kube-proxy runs in mode ipvs, which goes away',
    cause: 'The mode is deprecated since 1.35; it works in both families until it is removed.',
    fix: 'Plan a change to nftables; a conversion does not need it.',
    source: linux,
    versions: '>=1.35',
    covers: ['kubernetes 4.3'],
    signs: [event('IPVSDeprecation', '', 'likely')],
    sample: quoted('IPVSDeprecation: the ipvs proxier is deprecated'),
  },
  'not-applied': {
    title: 'kube-proxy cannot write its rules',
    cause:
      'iptables-restore or nft ended with an error: another program holds the lock, or writes rules that do not go together with these. Services of that family are as they were at the last success.',
    fix: 'What it said stands in the same line. See who else writes rules on this node: firewalld, Docker, another CNI.',
    source: 'k/k:pkg/proxy/iptables/proxier.go, pkg/proxy/nftables/proxier.go',
    signs: [
      says('kube-proxy', 'Failed to execute iptables-restore'),
      says('kube-proxy', 'nftables sync failed'),
    ],
    sample: quoted(
      'E1123 03:01:00.000000       1 proxier.go:1580] "Failed to execute iptables-restore" err="exit status 4" ipFamily="IPv6"',
    ),
  },
})
