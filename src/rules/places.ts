/** Something that is known to matter on the way to dual-stack. Rules say with `covers` which of them they see beforehand. */
export interface Place {
  /** As `covers` names it. */
  readonly id: string
  readonly title: string
  /** Rules that see it without naming it: several things from practice have no number of their own. Ids, or topics ending in `/`. */
  readonly rules?: readonly string[]
}

const group = (prefix: string, titles: Readonly<Record<string, string>>): readonly Place[] =>
  Object.entries(titles).map(([id, title]) => ({ id: `${prefix}${id}`, title }))

/** In the order of their numbers: keys that are whole numbers come before all others, whatever was written first. */
const numbered = (prefix: string, titles: Readonly<Record<string, string>>): readonly Place[] =>
  group(prefix, titles).toSorted((a, b) => a.id.localeCompare(b.id, 'en', { numeric: true }))

const kubernetes = numbered('kubernetes ', {
  '1.1': 'how the API server parses its service ranges',
  '1.2': 'what the API server demands of service ranges and advertise address, by version',
  '1.3': 'the first range is the primary family, for good',
  '1.4': 'Services that exist keep what they have when a range is added',
  '1.5': 'the feature gate IPv6DualStack, and other gates that are gone',
  '2.1': 'which versions have ServiceCIDR objects',
  '2.2': 'how the object ServiceCIDR kubernetes becomes a pair, and what keeps it from it',
  '2.3': 'which changes of the service ranges work',
  '2.4': 'what the way back leaves, and a second try with another range',
  '2.5': 'what an API server says to a Service that it cannot give an address',
  '2.6': 'the repair controllers of Service addresses',
  '3.1': 'what the controller manager demands of ranges and masks',
  '3.2': 'podCIDRs of existing Nodes: matched by place, never changed',
  '4.1': 'how kube-proxy reads its configuration',
  '4.2': 'what kube-proxy demands of its configuration',
  '4.3': 'which families kube-proxy serves on a node, and its NodePort addresses',
  '5.1': 'when the kubelet takes two node addresses',
  '5.2': 'which addresses a kubelet reports',
  '5.3': 'where --node-ip stands, and in which form',
  '5.4': 'a kubelet registers its Node once',
  '5.5': 'host network pods, serving certificates, settings of the kernel',
  '6.1': 'what kubeadm demands of its networking fields',
  '6.2': 'versions of the ClusterConfiguration, and extraArgs that win',
  '6.3': 'what an upgrade writes anew, and from what',
  '7.1': 'what becomes of ipFamilies and ipFamilyPolicy on an update',
  '7.2': 'what the API server demands of a Service',
  '7.3': 'dual-stack Services on a single-stack API server',
  '7.4': 'LoadBalancers, source ranges, external addresses',
  '7.5': 'endpoints of a family that pods do not have',
  '8': 'a pod keeps its addresses for life',
  '9': 'the conformance tests of dual-stack',
  '10': 'the folder of static pods',
  '11': 'what came with 1.34 to 1.37',
})

const core = numbered('K', {
  '1': 'podCIDRs of a Node are set once',
  '2': 'podCIDRs are matched with ranges by their place',
  '3': 'a Node with two podCIDRs crashes a single-stack controller manager',
  '4': 'a Node with one podCIDR is fine beside two ranges',
  '5': 'the single mask flag is fatal beside two ranges',
  '6': 'at most 16 bits between IPv6 range and node mask',
  '7': 'at most 20 host bits in a service range',
  '8': 'the ServiceCIDR object follows the flag one way only',
  '9': 'a ServiceCIDR object that was edited by hand stays wrong',
  '10': 'a ServiceCIDR object alone makes no cluster dual-stack',
  '11': 'waiting PreferDualStack Services may flip at a later update',
  '12': 'the Service kubernetes and the API server’s certificate stay as they are',
  '13': 'service ranges and advertise address agree in the family',
  '14': 'API server, controller manager and kube-proxy all need the ranges',
  '15': 'kube-proxy runs without a word with one family’s range',
  '16': 'every file in the folder of static pods counts',
  '17': 'an upgrade writes manifests anew from kubeadm-config',
  '18': 'deleting a Node object loses its labels and taints',
  '19': 'kubeadm converts no cluster itself',
})

const cni = numbered('cni ', {
  '2.1': 'which CNI needs both families in the Nodes’ podCIDRs',
  '2.2': 'Calico by its manifest',
  '2.3': 'Calico by the Tigera operator',
  '2.4': 'Cilium',
  '2.5': 'Flannel',
  '2.6': 'other CNIs',
})

const pains = numbered('P', {
  '01': 'a default route by router advertisement dies once the node forwards',
  '02': 'the controller manager crashes on ranges in the wrong order',
  '03': 'nodes never get a second podCIDR',
  '04': 'a Node that was registered again has lost labels and taints',
  '05': 'a bridge keeps the old range after a Node was registered again',
  '06': 'the controller manager exits on a mask flag',
  '07': 'the node block is too small for the range',
  '08': 'the API server refuses a service range as too large',
  '09': 'RequireDualStack is refused though the flags are right',
  '10': 'the way back: controller managers crash, the ServiceCIDR object stays a pair',
  '11': 'Services have no address of the new family',
  '12': 'Services turn dual-stack days later',
  '13': 'a LoadBalancer loses or changes its address',
  '14': 'DNS queries time out',
  '15': 'pods ask a name server that does not answer',
  '16': 'CoreDNS does not become ready',
  '17': 'a node reports one address only',
  '18': 'NodePorts do not answer in the new family',
  '19': 'traffic is masqueraded wrongly',
  '20': 'an edited manifest has no effect',
  '21': 'an upgrade of kubeadm takes the cluster back',
  '22': 'calico-node does not find a node’s address',
  '23': 'no pod starts: there is no pool of the family',
  '24': 'pods get addresses of a range that nobody planned',
  '25': 'pods do not reach the Internet over the new family',
  '26': 'the new family works inside one network, and not across routers',
  '27': 'no BGP session of the new family',
  '28': 'the operator of Calico refuses or does nothing',
  '29': 'agents of Cilium crash',
  '30': 'the new family fails where a NetworkPolicy holds',
  '31': 'policies by address block or open the new family without a word',
  '32': 'a firewall of the hosts stops the new family',
  '33': 'large packets get lost: MTU',
  '34': 'applications wait for an address that does not answer',
  '35': 'an Ingress answers in one family',
  '36': 'the client’s address is lost',
  '37': 'components or control planes differ in their ranges',
  '38': 'the virtual IP of the API has one family',
  '39': 'a public pod range that nobody routes',
  '40': 'old pods stay single-stack for weeks',
  '41': 'other tools that write Nodes fail',
  '42': 'a manager takes the change back',
  '43': 'the API server’s own family changes',
  '44': 'all control planes change at once',
  '45': 'defaults that were not written down change with an upgrade',
})

const practice: readonly Place[] = [
  ...group('practice ', {
    certificates: 'certificates that expired or soon will',
    'removed-flags': 'flags that this version does not know any more',
    'cgroup-v1': 'a kubelet that does not start again on cgroup v1',
    packages: 'a package that is newer than the process that runs',
    drift: 'a process that runs with something else than its file says',
    images: 'images that are not on the node and could not be pulled',
    webhooks: 'admission webhooks that fail closed',
    quota: 'a quota that has no room for one pod more',
    'pod-security': 'pods that Pod Security would not let in again',
    volumes: 'volumes that one node alone may hold',
    'on-delete': 'workloads whose pods nobody makes again by himself',
    'spare-addresses': 'no address left for a pod during a roll-out',
    'node-addresses': 'addresses that pass or belong to a virtual IP',
    'router-advertisements': 'who looks after router advertisements on a node',
    'route-cache': 'the size of the kernel’s IPv6 route cache',
    wireguard: 'WireGuard for one family: the other travels in clear',
    ebpf: 'Calico’s eBPF data plane',
    mesh: 'BGP without a mesh and without peers of the new family',
    'host-endpoints': 'HostEndpoints that know one family',
    mtu: 'an MTU that somebody fixed',
    'fixed-addresses': 'pods that ask for addresses by annotation',
    windows: 'Windows nodes',
    'cni-chains': 'plug-ins chained behind the CNI',
    'service-meshes': 'service meshes that do one family',
    'source-ranges': 'source ranges of LoadBalancers that open the new family',
    'node-port-addresses': 'NodePort addresses that open the new family',
    'serving-certificates': 'approvers of the kubelets’ serving certificates',
    'servicecidr-policies': 'admission policies on ServiceCIDR objects',
    managers: 'managers that would take the change back',
    'load-balancers': 'kube-vip, keepalived and haproxy as static pods',
    'kubeadm-upgrade': 'an upgrade that would take it back',
  }),
]

/** All of them, chapter by chapter. */
export const chapters: readonly { readonly title: string; readonly places: readonly Place[] }[] = [
  { title: 'Kubernetes', places: kubernetes },
  { title: 'What every CNI inherits', places: core },
  { title: 'CNIs', places: cni },
  { title: 'What goes wrong', places: pains },
  { title: 'From practice', places: practice },
  { title: 'How-to pages', places: [{ id: 'howto', title: 'values that pages on the web name' }] },
]
