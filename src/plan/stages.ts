/** One line of the order of work. `because` is the rule that forces its place; it is shown to people. */
export interface Stage {
  readonly id: string
  readonly layer: string
  readonly because: string
  /** Stages right behind it that do not need it: their steps run while its last step is still waited for. */
  readonly meanwhile?: readonly string[]
}

const stage = (id: string, layer: string, because: string, meanwhile?: readonly string[]): Stage => ({
  id,
  layer,
  because,
  ...(meanwhile === undefined ? {} : { meanwhile }),
})

/** A stage of the CNI: each kind of it is asked, and only the one that is there answers. */
const cni = (id: string, because: string): readonly Stage[] =>
  ['cni-calico', 'cni-calico-operator'].map(layer => stage(id, layer, because))

/** The way to dual-stack. */
export const stagesThere: readonly Stage[] = [
  stage(
    'hold-services',
    'services',
    'on a dual-stack API server an update that leaves ipFamilies out would flip a waiting PreferDualStack Service',
  ),
  stage('host', 'host', 'a node must forward the family before anything sends it there'),
  stage(
    'kubeadm-config',
    'kubeadm',
    'an upgrade that falls into the conversion must not write the old flags back',
  ),
  stage(
    'kube-apiserver',
    'kube-apiserver',
    'nothing may ask for the new family before every API server knows it',
  ),
  stage(
    'kube-controller-manager',
    'kube-controller-manager',
    'EndpointSlices and node ranges of the new family come from it',
    // Half a minute passes until its kubelet shows it ready and it leads. Kubelets do not need it; roll-outs wait for whoever leads anyway.
    ['kubelet', 'kube-proxy', 'cni-pool', 'cni-addresses'],
  ),
  stage('kubelet', 'kubelet', 'kube-proxy and the CNI take the node addresses from the Node object'),
  stage('kube-proxy', 'kube-proxy', 'it reads the node addresses only when it starts'),
  ...cni('cni-pool', 'without a pool of our own Calico makes one with a random prefix'),
  ...cni('cni-addresses', 'a node whose address is not found must show before a pod depends on it'),
  ...cni('cni-assignment', 'a pod asks for the family only where pool and routes are there'),
  stage('workloads-dns', 'workloads', 'DNS servers need the family before anything resolves by it'),
  stage('workloads', 'workloads', 'a pod keeps its addresses for life'),
  stage(
    'services',
    'services',
    'a Service of two families whose pods have one refuses connections on the other',
  ),
  stage('dns', 'dns', 'the DNS Service last: clients use both of its addresses at once'),
]

/** The way back. Not the way there reversed: pods made again before the CNI stops handing out the family would get it once more. */
export const stagesBack: readonly Stage[] = [
  stage('dns', 'dns', 'clients must stop asking by the family before its servers lose it'),
  stage('services', 'services', 'a single-stack API server refuses every update of a dual-stack Service'),
  ...cni('cni-assignment', 'pods made again must not get the family once more'),
  stage('workloads-dns', 'workloads', 'DNS servers first, while everything else still answers'),
  stage('workloads', 'workloads', 'a pod keeps its addresses for life'),
  ...cni('cni-pool', 'nothing may take an address of the family any more'),
  ...cni('cni-addresses', 'routes and sessions of the family go when no pod has it'),
  stage('kubelet', 'kubelet', 'kube-proxy must start from the address that stays'),
  stage('kube-proxy', 'kube-proxy', 'it reads the node addresses only when it starts'),
  stage(
    'kube-controller-manager',
    'kube-controller-manager',
    'with one range it must not find a mask flag of the other family',
  ),
  stage('kube-apiserver', 'kube-apiserver', 'the last that knows both families: everything before needs it'),
  stage('release-services', 'services', 'held Services get back what their owner wrote'),
  stage('kubeadm-config', 'kubeadm', 'an upgrade writes single-stack flags from now on'),
  stage('host', 'host', 'forwarding off when nothing is forwarded any more'),
]
