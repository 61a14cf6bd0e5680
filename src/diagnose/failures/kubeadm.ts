import type { Failure } from '../../model/failure.ts'
import { failures, quoted, says } from './define.ts'

/** What kubeadm says of networking and of nodes, besides what rules say. */
export const kubeadmFailures: readonly Failure[] = failures('kubeadm', 'kubeadm', {
  'ipv6-forwarding': {
    title: 'kubeadm stops because the node does not forward IPv6',
    cause:
      'Any IPv6 range in its configuration makes init and join ask for net.ipv6.conf.default.forwarding = 1.',
    fix: '`sysctl -w net.ipv6.conf.all.forwarding=1 net.ipv6.conf.default.forwarding=1`, and a file in /etc/sysctl.d; accept_ra=2 on uplinks that take their route from router advertisements.',
    source: 'k/k:cmd/kubeadm/app/preflight/checks.go',
    layer: 'host',
    covers: ['kubernetes 5.5'],
    signs: [
      says('kubeadm', '/proc/sys/net/ipv6/conf/default/forwarding contents are not set to 1'),
      says('kubeadm', '/proc/sys/net/ipv6/conf/default/forwarding does not exist'),
    ],
    sample: quoted(
      '[ERROR FileContent--proc-sys-net-ipv6-conf-default-forwarding]: /proc/sys/net/ipv6/conf/default/forwarding contents are not set to 1',
    ),
  },
  'ipv4-forwarding': {
    title: 'kubeadm stops because the node does not forward IPv4',
    cause: 'init and join ask for net.ipv4.ip_forward = 1.',
    fix: '`sysctl -w net.ipv4.ip_forward=1`, and a file in /etc/sysctl.d.',
    source: 'k/k:cmd/kubeadm/app/preflight/checks.go',
    layer: 'host',
    signs: [says('kubeadm', '/proc/sys/net/ipv4/ip_forward contents are not set to 1')],
    sample: quoted(
      '[ERROR FileContent--proc-sys-net-ipv4-ip_forward]: /proc/sys/net/ipv4/ip_forward contents are not set to 1',
    ),
  },
  'upgrade-did-not-come-up': {
    title: 'an upgrade’s new control plane did not come up, and kubeadm put the old one back',
    cause:
      'kubeadm writes manifests anew from the ConfigMap kubeadm-config and does not check its networking fields: a wrong range there goes straight into the flags.',
    fix: 'Correct podSubnet, serviceSubnet and extraArgs in kubeadm-config (`kubeadm config validate` on a copy says what is wrong), then upgrade again.',
    source: 'k/k:cmd/kubeadm/app/phases/upgrade/staticpods.go',
    covers: ['kubernetes 6.3', 'P21', 'P45'],
    signs: [
      says(
        'kubeadm',
        "couldn't upgrade control plane. kubeadm has tried to recover everything into the earlier state",
      ),
      says('kubeadm', 'did not change after * timed out waiting for the condition', 'likely', {
        near: ['static pod'],
      }),
    ],
    sample: quoted(
      "[upgrade/apply] FATAL: couldn't upgrade control plane. kubeadm has tried to recover everything into the earlier state. Errors faced: static Pod hash for component kube-apiserver on Node n1 did not change after 5m0s",
    ),
  },
  'control-plane-not-healthy': {
    title: 'the control plane did not become healthy in time',
    cause: 'A component does not start, most often because of its flags; kubeadm only waits.',
    fix: 'On that node: `crictl ps -a`, and `crictl logs` of what exited; `dualstack diagnose --node-access local` does both.',
    source: 'k/k:cmd/kubeadm/app/phases/kubelet, cmd/kubeadm/app/cmd/phases/init/waitcontrolplane.go',
    signs: [
      says('kubeadm', ' is not healthy after ', 'likely', { near: ['kube-', 'etcd'] }),
      says('kubeadm', 'The kubelet is not running', 'likely'),
    ],
    sample: quoted('[control-plane-check] kube-apiserver is not healthy after 4m0.000301s'),
  },
})
