import type { Failure } from '../../model/failure.ts'
import { failures, quoted, says } from './define.ts'

/** What CoreDNS and name resolution say. */
export const dnsFailures: readonly Failure[] = failures('dns', 'dns', {
  'upstream-silent': {
    title: 'CoreDNS gets no answer from the name servers outside',
    cause:
      'The node’s resolv.conf names a server that pods cannot reach: often one with an IPv6 address since the node has that family, while pods have no way out over it.',
    fix: 'Forward to servers that pods reach (Corefile, forward), or give pods a way out over that family: NAT for ULA, or a route.',
    source: 'coredns:plugin/errors, plugin/forward',
    covers: ['P14', 'P15', 'P34', 'P25'],
    signs: [
      // CoreDNS asks for a name of its own (HINFO) when it starts: that nobody answered says nothing where nobody else asks for the outside.
      says('coredns', '[ERROR] plugin/errors: 2 *: read udp *: i/o timeout', 'likely', { except: ['HINFO'] }),
      says('coredns', '[ERROR] plugin/errors: 2 *: dial udp *: connect: network is unreachable', 'sure'),
    ],
    sample: quoted(
      '[ERROR] plugin/errors: 2 example.org. AAAA: dial udp [2001:db8::53]:53: connect: network is unreachable',
    ),
  },
  loop: {
    title: 'CoreDNS asks itself',
    cause: 'The node’s resolv.conf leads back to CoreDNS, mostly over 127.0.0.53 or ::1 of systemd-resolved.',
    fix: 'Let the kubelet use /run/systemd/resolve/resolv.conf (resolvConf in its configuration), then make the CoreDNS pods again.',
    source: 'coredns:plugin/loop',
    signs: [says('coredns', 'plugin/loop: Loop * detected for zone')],
    sample: quoted(
      '[FATAL] plugin/loop: Loop (127.0.0.1:55953 -> :1053) detected for zone ".", see https://coredns.io/plugins/loop#troubleshooting',
    ),
  },
  'no-api': {
    title: 'CoreDNS does not reach the API server',
    cause:
      'Its pod has no way to the kubernetes Service: kube-proxy’s rules of the node, a NetworkPolicy, or the API server itself.',
    fix: 'From another pod of that node connect to the ClusterIP of the kubernetes Service, port 443; then look at kube-proxy of that node.',
    source: 'coredns:plugin/kubernetes',
    covers: ['P16'],
    signs: [
      says('coredns', 'plugin/kubernetes: Failed to watch', 'likely'),
      says('coredns', 'plugin/kubernetes: Kubernetes API connection failure', 'likely'),
    ],
    sample: quoted(
      '[WARNING] plugin/kubernetes: Kubernetes API connection failure: Get "https://10.96.0.1:443/version": dial tcp 10.96.0.1:443: i/o timeout',
    ),
  },
})
