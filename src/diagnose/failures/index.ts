import type { Failure } from '../../model/failure.ts'
import { apiServerFailures } from './api-server.ts'
import { calicoFailures } from './calico.ts'
import { controllerManagerFailures } from './controller-manager.ts'
import { dnsFailures } from './dns.ts'
import { etcdFailures } from './etcd.ts'
import { hostLogFailures } from './host.ts'
import { kubeadmFailures } from './kubeadm.ts'
import { kubeletFailures } from './kubelet.ts'
import { networkStates } from './network-states.ts'
import { kubeProxyFailures } from './kube-proxy.ts'
import { stateFailures } from './states.ts'
import { otherCNIFailures } from './other-cni.ts'

/** What is declared here; what rules say is added by `catalogue.ts`. */
export const ownFailures: readonly Failure[] = [
  ...hostLogFailures,
  ...etcdFailures,
  ...kubeadmFailures,
  ...apiServerFailures,
  ...controllerManagerFailures,
  ...kubeletFailures,
  ...kubeProxyFailures,
  ...calicoFailures,
  ...otherCNIFailures,
  ...dnsFailures,
  ...stateFailures,
  ...networkStates,
]
