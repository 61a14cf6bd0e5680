import type { Failure } from '../../model/failure.ts'
import { event, failures, lab, quoted, says } from './define.ts'

const options = 'k/k:cmd/kube-apiserver/app/options/validation.go'
const allocation =
  'k/k:pkg/registry/core/service/storage/alloc.go, pkg/registry/core/service/ipallocator/interfaces.go'
const defaults = 'k/k:pkg/controlplane/controller/defaultservicecidr/default_servicecidr_controller.go'

/** What an API server says of its Service ranges and of addresses from them, besides what rules say. */
export const apiServerFailures: readonly Failure[] = failures('api-server', 'kube-apiserver', {
  'ranges-not-checked': {
    title: 'the API server could not compare the families of its Service ranges',
    cause:
      'One of the two values of --service-cluster-ip-range cannot be understood, so that nobody can tell whether they are of two families.',
    fix: 'Write two CIDRs of different families with a comma and no space between: the one the cluster runs with first.',
    source: options,
    covers: ['kubernetes 1.2'],
    signs: [
      says(
        'kube-apiserver',
        'error attempting to validate dualstack for --service-cluster-ip-range value error:*',
      ),
    ],
    sample: quoted(
      'error attempting to validate dualstack for --service-cluster-ip-range value error:invalid CIDR address: fd00:96::/129',
    ),
  },
  'range-not-in-object': {
    title: 'the ServiceCIDR object could not follow the flag',
    cause:
      'The API server wanted to make the object ServiceCIDR kubernetes a pair, as its flag says, and was refused: by an admission policy on servicecidrs, because the object is being deleted, or because its first range is written otherwise than in the flag.',
    fix: 'Look at `kubectl get servicecidr kubernetes -o yaml` and at the ValidatingAdmissionPolicies on servicecidrs; write the first range in the flag exactly as the object has it.',
    source: defaults,
    versions: '>=1.33',
    covers: ['kubernetes 2.2', 'K8'],
    signs: [
      event('KubernetesDefaultServiceCIDRError', 'can not be upgraded from'),
      says('kube-apiserver', 'The default ServiceCIDR can not be upgraded from * to dual stack'),
    ],
    sample: quoted(
      'The default ServiceCIDR can not be upgraded from 10.96.0.0/16 to dual stack [10.96.0.0/16 fd00:96::/112] : servicecidrs.networking.k8s.io "kubernetes" is forbidden',
    ),
  },
  'range-differs': {
    title: 'the flags of an API server and the ServiceCIDR object name different ranges',
    cause:
      'The object follows the flag one way only, from one range to two with the same first one. Another second range, another order, or a way back leaves it as it is, and addresses go on coming from the object.',
    fix: 'Give --service-cluster-ip-range of every API server the ranges that `kubectl get servicecidr kubernetes` shows. Do not delete that object: every Service create would fail meanwhile.',
    source: defaults,
    versions: '>=1.29',
    covers: ['kubernetes 2.2', 'kubernetes 2.4', 'K8', 'K9', 'P09', 'P10'],
    signs: [
      event('KubernetesDefaultServiceCIDRInconsistent', 'The default ServiceCIDR'),
      says('kube-apiserver', 'Inconsistent ServiceCIDR status'),
    ],
    sample: lab(
      'E1123 02:51:07.120000       1 default_servicecidr_controller.go:191] "Inconsistent ServiceCIDR status" logger="default-service-cidr"',
    ),
  },
  'no-allocator-ready': {
    title: 'no ServiceCIDR of that family is there, or none is ready',
    cause:
      'An address of a family can only come from a ServiceCIDR object of it that is ready. Until the API servers’ flags name the family there is none; one that is being deleted is not ready either.',
    fix: 'See `kubectl get servicecidr -o yaml`: condition Ready, and both families. Then --service-cluster-ip-range of every API server.',
    source: allocation,
    versions: '>=1.31',
    covers: ['kubernetes 2.5'],
    signs: [says('kube-apiserver', 'failed to allocate IP: allocator not ready')],
    sample: quoted(
      'Service "web" is invalid: spec.clusterIPs: Invalid value: []: failed to allocate IP: allocator not ready',
    ),
  },
  'address-taken': {
    title: 'the Service asks for an address that another one has',
    cause:
      'spec.clusterIPs names an address, and a Service has it already; often a manifest that was exported from this cluster or another one.',
    fix: 'Take clusterIP and clusterIPs out of the manifest, or name a free address.',
    source: allocation,
    covers: ['kubernetes 2.5'],
    signs: [says('kube-apiserver', 'provided IP is already allocated', 'sure')],
    sample: quoted(
      'Service "web" is invalid: spec.clusterIPs: Invalid value: ["10.96.0.50"]: failed to allocate IP 10.96.0.50: provided IP is already allocated',
    ),
  },
  'address-outside': {
    title: 'the Service asks for an address outside the range',
    cause:
      'spec.clusterIPs names an address that is not in any Service range of this cluster: the range was another one when the manifest was written.',
    fix: 'Take the address out of the manifest, or name one of the range that the message gives.',
    source: allocation,
    covers: ['kubernetes 2.5'],
    signs: [
      says('kube-apiserver', 'the provided IP (*) is not in the valid range. The range of valid IPs is'),
    ],
    sample: quoted(
      'failed to allocate IP fd00:97::1: the provided IP (fd00:97::1) is not in the valid range. The range of valid IPs is fd00:96::/112',
    ),
  },
  'not-ready-to-allocate': {
    title: 'the API server cannot hand out Service addresses yet',
    cause:
      'Its first check of all addresses has not succeeded since it started; until then nobody gets an address. It exits after a minute if it does not succeed.',
    fix: 'Wait for /readyz. Does it stay: look for what its repair loop says of Service addresses right before.',
    source: 'k/k:pkg/registry/core/service/ipallocator/controller/repair.go',
    covers: ['kubernetes 2.6'],
    signs: [says('kube-apiserver', 'cannot allocate resources of type serviceipallocations at this time')],
    sample: quoted(
      'Internal error occurred: failed to allocate a serviceIP: cannot allocate resources of type serviceipallocations at this time',
    ),
  },
  'addresses-repaired': {
    title: 'addresses of Services and what is noted of them differ',
    cause:
      'The repair loop found a Service whose address is not noted as taken, or is noted for somebody else. After API servers with different ranges ran side by side that is what is left.',
    fix: 'It mends itself where it says repairing. Where two Services have one address, make one of them again. Then see that all API servers have the same --service-cluster-ip-range.',
    source: 'k/k:pkg/registry/core/service/ipallocator/controller/repair.go, repairip.go',
    covers: ['kubernetes 2.6'],
    signs: [
      event('ClusterIPAlreadyAllocated', '', 'sure'),
      event('IPAddressWrongReference', '', 'likely'),
      says('kube-apiserver', 'was assigned to multiple services; please recreate service', 'sure'),
    ],
    sample: quoted(
      'Cluster IP [IPv6]:fd00:96::4d2 was assigned to multiple services; please recreate service',
    ),
  },
  'range-full': {
    title: 'a Service range has no address left',
    cause:
      'All addresses of the range are taken. In a ServiceCIDR of /64 or longer that is rare: more often the range is far smaller than meant.',
    fix: 'Add a ServiceCIDR object with a second range of that family (1.33 and later), or release Services.',
    source: 'k/k:pkg/registry/core/service/ipallocator/controller/repair.go',
    covers: ['kubernetes 2.6'],
    signs: [event('ServiceCIDRFull', '', 'sure'), says('kube-apiserver', 'Service CIDR * is full', 'likely')],
    sample: quoted(
      'Service CIDR fd00:96::/126 is full; you must widen the CIDR in order to create new services',
    ),
  },
  'range-too-wide-for-allocator': {
    title: 'the Service range is wider than the allocator takes',
    cause:
      'The API server starts with an IPv6 Service range shorter than /64, its allocator does not take it, and every Service of the family fails.',
    fix: 'Choose a Service range of /108 to /112 (kubeadm takes nothing wider than /108) and restart the API servers with it.',
    source: 'k/k:pkg/registry/core/service/ipallocator/ipallocator.go',
    versions: '>=1.34',
    covers: ['kubernetes 1.2'],
    signs: [says('kube-apiserver', 'shortest allowed prefix length for service CIDR is 64, got')],
    sample: quoted('shortest allowed prefix length for service CIDR is 64, got 56'),
  },
  'removed-flag': {
    title: 'a component is started with a flag that it does not know',
    cause:
      'A flag was misspelt, or this version does not have it any more. The component exits at once, each time.',
    fix: 'Take the flag out where it stands: the manifest, kubeadm-flags.env, /etc/default/kubelet, the unit’s drop-in; and in kubeadm-config, so that an upgrade does not write it back.',
    source: 'github.com/spf13/pflag errors; k/k:cmd/*/app',
    covers: ['kubernetes 11', 'practice removed-flags'],
    signs: [says('any', 'unknown flag: --'), says('any', 'unknown shorthand flag: ', 'likely')],
    sample: lab('Error: unknown flag: --node-cidr-mask-size-ipv5'),
  },
  'no-etcd': {
    title: 'the API server does not reach etcd',
    cause:
      'etcd does not run or does not answer on that address: its own container stopped, its certificate, or a member that lost its quorum. Nothing else of the control plane can work then.',
    fix: 'Look at etcd on that node first: `crictl ps -a --name etcd`, its log, and how many members answer.',
    source: 'k/k:staging/src/k8s.io/apiserver/pkg/storage/storagebackend/factory/etcd3.go',
    layer: 'etcd',
    covers: ['P44'],
    signs: [
      says('kube-apiserver', 'Error while dialing: dial tcp *:2379: connect: connection refused', 'likely'),
      says('kube-apiserver', 'Unable to create storage backend: config ', 'sure'),
    ],
    sample: lab(
      'W1123 07:47:51.051123       1 logging.go:55] [core] [Channel #1 SubChannel #2] grpc: addrConn.createTransport failed to connect to {Addr: "127.0.0.1:2379"}. Err: connection error: desc = "transport: Error while dialing: dial tcp 127.0.0.1:2379: connect: connection refused"',
    ),
  },
  'port-taken': {
    title: 'a component cannot listen: somebody else has the port or the node has not the address',
    cause:
      'An older instance of the same component still runs, a second manifest starts it twice, or the address to listen on is not on this node.',
    fix: 'On the node: `ss -ltnp` names who listens. One file for each component in /etc/kubernetes/manifests.',
    source: 'k/k:staging/src/k8s.io/apiserver/pkg/server/options/serving.go',
    covers: ['kubernetes 10'],
    signs: [
      says('any', 'failed to create listener: failed to listen on '),
      says('any', 'bind: cannot assign requested address', 'likely'),
      says('any', 'bind: address already in use', 'likely'),
    ],
    sample: quoted(
      'failed to create listener: failed to listen on 0.0.0.0:6443: listen tcp 0.0.0.0:6443: bind: address already in use',
    ),
  },
})
