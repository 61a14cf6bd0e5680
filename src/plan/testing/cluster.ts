import type { Cluster, NodeFacts } from '../../model/cluster.ts'

const manifest = (component: string, flags: readonly string[]): string =>
  `apiVersion: v1\nkind: Pod\nmetadata:\n  name: ${component}\nspec:\n  containers:\n  - command:\n    - ${component}\n${flags.map(flag => `    - ${flag}\n`).join('')}    name: ${component}\n`

/** A kubeadm cluster of one control plane and one worker, small enough to read; what a test does not name is as kubeadm makes it. */
export function smallCluster(
  more: {
    services?: string
    pods?: string
    nodes?: Record<string, Partial<NodeFacts>>
    objects?: Cluster['objects']
  } = {},
): Cluster {
  const { services = '10.96.0.0/16', pods = '10.244.0.0/16' } = more
  const facts = (index: number): NodeFacts => ({
    files: {
      ...(index === 1 && {
        '/etc/kubernetes/manifests/kube-apiserver.yaml': {
          text: manifest('kube-apiserver', [
            `--advertise-address=10.0.0.${index}`,
            `--service-cluster-ip-range=${services}`,
          ]),
        },
        '/etc/kubernetes/manifests/kube-controller-manager.yaml': {
          text: manifest('kube-controller-manager', [
            '--allocate-node-cidrs=true',
            `--cluster-cidr=${pods}`,
            `--service-cluster-ip-range=${services}`,
          ]),
        },
      }),
    },
    sysctls: {},
    addresses: [
      {
        interface: 'eth0',
        family: 'IPv4',
        address: `10.0.0.${index}`,
        prefixLength: 24,
        scope: 'global',
        flags: [],
      },
      {
        interface: 'eth0',
        family: 'IPv6',
        address: `fe80::${index}`,
        prefixLength: 64,
        scope: 'link',
        flags: [],
      },
      {
        interface: 'eth0',
        family: 'IPv6',
        address: `2001:db8::${index}`,
        prefixLength: 64,
        scope: 'global',
        flags: [],
      },
    ],
    routes: [
      { family: 'IPv4', destination: '10.0.0.0/24', interface: 'eth0', protocol: 'kernel' },
      { family: 'IPv6', destination: '2001:db8::/64', interface: 'eth0', protocol: 'kernel' },
    ],
    ...more.nodes?.[`n${index}`],
  })
  return {
    uid: '11111111-2222-3333-4444-555555555555',
    version: 'v1.36.3',
    objects: {
      'v1/nodes': [1, 2].map(index => ({
        metadata: { name: `n${index}` },
        status: { addresses: [{ type: 'InternalIP', address: `10.0.0.${index}` }] },
      })),
      ...more.objects,
    },
    pods: [],
    nodes: { n1: facts(1), n2: facts(2) },
    unread: {},
  }
}
