import type { Failure } from '../../model/failure.ts'
import { event, failures, quoted, says } from './define.ts'

const ipam = 'k/k:pkg/controller/nodeipam/ipam/range_allocator.go, cidrset/cidr_set.go'

/** What the controller manager says of node ranges, besides what rules say. */
export const controllerManagerFailures: readonly Failure[] = failures(
  'controller-manager',
  'kube-controller-manager',
  {
    'does-not-start': {
      title: 'the controller manager exits while it builds its controllers',
      cause:
        'One controller was refused, mostly nodeipam because of ranges or masks; the reason stands behind it in the same line.',
      fix: 'Mend what stands behind err= in that line; ranges and masks are --cluster-cidr, --service-cluster-ip-range and --node-cidr-mask-size-ipv4/-ipv6 in /etc/kubernetes/manifests/kube-controller-manager.yaml.',
      source: 'k/k:cmd/kube-controller-manager/app/controllermanager.go',
      covers: ['kubernetes 3.1'],
      signs: [
        says('kube-controller-manager', '"Error building controllers"', 'likely'),
        says('kube-controller-manager', '"Error starting controllers"', 'likely'),
      ],
      sample: quoted(
        'E1123 03:01:00.000000       1 controllermanager.go:300] "Error building controllers" err="some other controller"',
      ),
    },
    'node-range-empty': {
      title: 'there is no block left for another node',
      cause:
        'Every block of --cluster-cidr in a family has a node. New Nodes get no podCIDRs, and with CNIs that need them no pods.',
      fix: 'Take Nodes away that are gone, or choose longer masks for a cluster that is made anew: the range of a running cluster stays.',
      source: ipam,
      covers: ['kubernetes 3.2'],
      signs: [event('CIDRNotAvailable', '', 'sure')],
      sample: quoted('Node n9 status is now: CIDRNotAvailable'),
    },
    'node-has-one-range': {
      title: 'another tool or a person tried to give a Node a second podCIDR',
      cause:
        'podCIDRs of a Node are set once. Whoever tries to add one is refused, whatever flags the controller manager has.',
      fix: 'Leave it where the CNI hands out addresses from pools (Calico IPAM, Cilium cluster-pool). Flannel, Antrea and others need the Node object made again.',
      source: 'k/k:pkg/apis/core/validation/validation.go ValidateNodeUpdate',
      covers: ['K1', 'P03'],
      signs: [says('kube-apiserver', 'field cannot be cleared once set', 'likely', { near: ['podcidr'] })],
      sample: quoted('Node "n1" is invalid: spec.podCIDRs: Forbidden: field cannot be cleared once set'),
    },
    'node-collected': {
      title: 'a Node object was deleted: its pods are taken away',
      cause:
        'Pods of a Node that is not there any more are deleted after 40 to 60 seconds, and their endpoints at once. Whoever makes Nodes again to give them a second podCIDR has less than that.',
      fix: 'Drain first, one node at a time, and create the Node again within a second or two, with its labels and taints.',
      source: 'k/k:pkg/controller/podgc/gc_controller.go',
      covers: ['kubernetes 3.2', 'K18', 'P04'],
      signs: [
        says('kube-controller-manager', 'PodGC: node no longer exists', 'likely'),
        says('kube-controller-manager', 'skipping Pod for Service, Node not found', 'likely'),
      ],
      sample: quoted(
        'I1123 03:01:00.000000       1 gc_controller.go:170] "PodGC: node no longer exists" node="n2"',
      ),
    },
  },
)
