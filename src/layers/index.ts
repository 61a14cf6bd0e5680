import type { Layer } from '../model/layer.ts'
import { cniCalico } from './cni-calico/index.ts'
import { cniCalicoOperator } from './cni-calico-operator/index.ts'
import { dns } from './dns/index.ts'
import { host } from './host/index.ts'
import { kubeAPIServer } from './kube-apiserver/index.ts'
import { kubeControllerManager } from './kube-controller-manager/index.ts'
import { kubeProxy } from './kube-proxy/index.ts'
import { kubeadm } from './kubeadm/index.ts'
import { kubelet } from './kubelet/index.ts'
import { services } from './services/index.ts'
import { workloads } from './workloads/index.ts'

/** Every layer, from the ground up: the order in which status shows them. The order of work is in plan/stages.ts. */
export const layers: readonly Layer[] = [
  host,
  kubeadm,
  kubeAPIServer,
  kubeControllerManager,
  kubelet,
  kubeProxy,
  cniCalico,
  cniCalicoOperator,
  workloads,
  dns,
  services,
]
