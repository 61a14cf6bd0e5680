import type { Breakage } from './breakage.ts'
import { calicoBreakages } from './calico.ts'
import { controlPlaneBreakages } from './control-plane.ts'
import { hostBreakages } from './host.ts'
import { kubeadmBreakages } from './kubeadm.ts'
import { kubeProxyBreakages } from './kube-proxy.ts'
import { kubeletBreakages } from './kubelet.ts'
import { serviceBreakages } from './services.ts'

/** All of them, from the ground up: first those of the cluster as it was made, then those of the converted one. */
export const breakages: readonly Breakage[] = [
  ...hostBreakages,
  ...kubeadmBreakages,
  ...controlPlaneBreakages,
  ...kubeletBreakages,
  ...kubeProxyBreakages,
  ...calicoBreakages,
  ...serviceBreakages,
].toSorted((a, b) => Number(a.base === 'dual') - Number(b.base === 'dual'))
