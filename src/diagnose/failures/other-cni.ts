import type { Failure } from '../../model/failure.ts'
import { failures, quoted, says } from './define.ts'

/** What other CNIs say on the way to two families, besides what rules say. */
export const otherCNIFailures: readonly Failure[] = failures('cni', 'cni', {
  'cilium-waits-for-pod-range': {
    title: 'Cilium waits for a podCIDR that its Node never gets',
    cause:
      'With ipam=kubernetes the agent takes the ranges of its Node; one that existed has one, and cannot get a second.',
    fix: 'Make the Node objects again with two podCIDRs, one at a time; do not change the IPAM mode of a running cluster.',
    source: 'cilium:Documentation/network/concepts/ipam/kubernetes.rst',
    covers: ['P29', 'cni 2.4'],
    signs: [
      says('cilium-agent', 'required IPv* PodCIDR not available'),
      says('cilium-agent', 'Waiting for k8s node information', 'likely', { near: ['podcidr'] }),
    ],
    sample: quoted(
      'level=warning msg="Waiting for k8s node information" error="required IPv6 PodCIDR not available" subsys=daemon',
    ),
  },
  'cilium-no-node-address': {
    title: 'Cilium finds no address of the family on its node',
    cause: 'Since 1.17 each Node must report an InternalIP of every family that is switched on.',
    fix: 'Give the kubelets both addresses in --node-ip first, then restart the agents.',
    source: 'canonical/k8s-snap:docs/canonicalk8s/releases/snap/upgrading.md',
    covers: ['P29', 'cni 2.4'],
    signs: [
      says('cilium-agent', 'unable to determine IPv6 address', 'likely'),
      says('cilium-agent', 'No IPv6 address found on node', 'likely'),
    ],
    sample: quoted('level=fatal msg="unable to determine IPv6 address of node" subsys=daemon'),
  },
  'flannel-outside-network': {
    title: 'a Node’s podCIDR is outside Flannel’s network',
    cause: 'IPv6Network (or Network) of kube-flannel-cfg is another range than --cluster-cidr.',
    fix: 'Write the ranges of --cluster-cidr into net-conf.json, and restart Flannel.',
    source: 'flannel:pkg/subnet/kube/kube.go',
    covers: ['cni 2.5'],
    signs: [
      says('kube-flannel', 'flannel config net-conf.json * does not contain', 'likely'),
      says(
        'kube-flannel',
        "subnet * specified in the flannel net config doesn't contain * PodCIDR of the * node",
      ),
    ],
    sample: quoted(
      'E1123 03:01:00.000000       1 main.go:330] subnet "fd00:1::/56" specified in the flannel net config doesn\'t contain "fd00:244::/64" PodCIDR of the "n1" node',
    ),
  },
  'bridge-has-old-range': {
    title: 'the bridge of this node still has the address of its old range',
    cause:
      'The Node was made again and has another podCIDR; cni0 (or kube-bridge) was left as it was. No new pod starts there.',
    fix: 'Drain the node, then `ip link delete cni0` and remove /var/lib/cni/networks, or reboot it.',
    source: 'containernetworking/plugins:plugins/main/bridge/bridge.go',
    covers: ['P05'],
    signs: [says('any', 'already has an IP address different from', 'sure')],
    sample: quoted(
      'failed to setup network for sandbox "4c1d": plugin type="bridge" failed (add): failed to set bridge addr: "cni0" already has an IP address different from 10.244.4.1/24',
    ),
  },
  'no-addresses-left': {
    title: 'a node has no pod address left in its range',
    cause: 'host-local counts pods that are gone, or the range is too small for the pods that run.',
    fix: 'Compare /var/lib/cni/networks with the pods that run; remove what is left over of pods that are gone.',
    source: 'containernetworking/plugins:plugins/ipam/host-local',
    covers: ['practice spare-addresses'],
    signs: [says('any', 'no IP addresses available in range set')],
    sample: quoted(
      'plugin type="host-local" failed (add): failed to allocate for range 0: no IP addresses available in range set: 10.244.1.1-10.244.1.254',
    ),
  },
  'no-ipv6-in-kernel': {
    title: 'a pod’s interface cannot take an IPv6 address',
    cause:
      'disable_ipv6 is set for new interfaces on that node (net.ipv6.conf.default.disable_ipv6 = 1), or the kernel was booted without the family.',
    fix: '`sysctl net.ipv6.conf.default.disable_ipv6=0 net.ipv6.conf.all.disable_ipv6=0`, with a file in /etc/sysctl.d; make the pod again.',
    source: 'containernetworking/plugins:pkg/ipam; Linux Documentation/networking/ip-sysctl.rst',
    layer: 'host',
    covers: ['P32'],
    signs: [
      says('any', 'failed to add IP addr *: permission denied', 'likely'),
      says('any', 'failed to add IPv6 addr', 'likely'),
      says('any', 'IPv6 is disabled', 'likely', { near: ['cni', 'plugin', 'sandbox'] }),
    ],
    sample: quoted(
      'plugin type="bridge" failed (add): failed to add IP addr {Version:6 Address:fd00:244::5/64} to "eth0": permission denied',
    ),
  },
})
