import type { Speaker } from '../model/failure.ts'

/** By what a program is known in names of containers, units, pods and syslog. */
const names: readonly (readonly [RegExp, Speaker])[] = [
  [/kube-apiserver/, 'kube-apiserver'],
  [/kube-controller-manager/, 'kube-controller-manager'],
  [/kube-scheduler/, 'kube-scheduler'],
  [/kube-proxy/, 'kube-proxy'],
  [/kubeadm/, 'kubeadm'],
  [/^kubelet/, 'kubelet'],
  [/^etcd/, 'etcd'],
  [/containerd|^crio|^dockerd?$/, 'containerd'],
  [/calico-kube-controllers/, 'calico-kube-controllers'],
  [/calico-cni|^install-cni|^upgrade-ipam/, 'calico-cni'],
  [/calico-node|calico-typha/, 'calico-node'],
  [/tigera-operator/, 'tigera-operator'],
  [/coredns/, 'coredns'],
  [/^kernel/, 'kernel'],
]

/** The speaker of a container, pod, unit or file name; undefined: none that we know. */
export function speakerNamed(name: string): Speaker | undefined {
  return names.find(([pattern]) => pattern.test(name))?.[1]
}

/** By what a line of its log can be told: source files and words that others do not have. */
const marks: readonly (readonly [RegExp, Speaker])[] = [
  [/\[(?:INFO|WARNING|ERROR|DEBUG)\]\[\d+\] (?:cni-plugin|ipam)\//, 'calico-cni'],
  [
    /\[(?:INFO|WARNING|ERROR|FATAL|DEBUG)\]\[\d+\] (?:felix|startup|confd|tunnel-ip|monitor-addresses|status)/,
    'calico-node',
  ],
  [/\[(?:INFO|WARNING|ERROR|FATAL)\]\[\d+\] (?:kube-controllers|main\.go)/, 'calico-kube-controllers'],
  [
    /"(?:caller|logger)":"(?:etcd|raft|embed|membership|mvcc|wal|etcdmain|etcdserver|auth|rafthttp)[./]/,
    'etcd',
  ],
  [/"logger":"(?:controller_|KubeAPIWarningLogger|ippool|installation|tigerastatus)/, 'tigera-operator'],
  [/^\[(?:INFO|WARNING|ERROR|FATAL)\] (?:plugin\/|\d)|^CoreDNS-|^\.:53$/, 'coredns'],
  [
    /^\[(?:preflight|init|join|certs|kubeconfig|control-plane(?:-check)?|kubelet-start|upgrade|addons|wait-control-plane)[/\]]|error execution phase|kubeadm/,
    'kubeadm',
  ],
  [/^time="[^"]+" level=\w+ msg="/, 'containerd'],
  [
    /\] "(?:SyncLoop|Generic \(PLEG\)|Error syncing pod|RunPodSandbox|CreatePodSandbox)|(?:kubelet(?:_\w+)?|pod_workers|kuberuntime_\w+|reconciler_common|pod_startup_latency_tracker|status_manager|volume_manager|file_linux|eviction_manager)\.go:\d+\]/,
    'kubelet',
  ],
  [
    /(?:proxier|server_linux|bounded_frequency_runner|conntrack)\.go:\d+\]|"Kube-proxy|kube-proxy/,
    'kube-proxy',
  ],
  [
    /(?:controllermanager|range_allocator|node_lifecycle_controller|garbagecollector|replica_set|resource_quota_\w+|endpointslice\w*|node_ipam\w*|cidr_set|taint_eviction|gc_controller|horizontal|job_controller|servicecidrs_controller)\.go:\d+\]|controllers? manager/i,
    'kube-controller-manager',
  ],
  [/(?:schedule_one|scheduling_queue|eventhandlers)\.go:\d+\]|"scheduler"/, 'kube-scheduler'],
  [
    /(?:default_servicecidr_controller|cidrallocator|repairip|repair|alloc|handler|cacher|instance|controlplane|apf_controller|available_controller|genericapiserver|watcher|store|healthz|timeout|httplog|wrap|trace|apiserver\w*|kubernetesservice\w*|crd_\w+|openapi\w*|lease_repair)\.go:\d+\]|apiserver|Error from server|is invalid: spec\./,
    'kube-apiserver',
  ],
  [/\] (?:IPv6: ADDRCONF|nf_conntrack|TCP: |device |br0|eth\d)/, 'kernel'],
  [/^[IWEF]\d{4} \d\d:\d\d:\d\d\.\d+\s+\d+ \S+\.go:\d+\]/, 'any'],
]

/** Whose line it probably is; `any`: of some component of Kubernetes; undefined: of nobody that we know. */
export function speakerOf(text: string): Speaker | undefined {
  const head = text.length > 1000 ? text.slice(0, 1000) : text
  return marks.find(([pattern]) => pattern.test(head))?.[1]
}
