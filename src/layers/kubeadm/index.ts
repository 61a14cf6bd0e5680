import type { Layer } from '../../model/layer.ts'
import { byFamily } from '../shared/pair.ts'
import { type KubeadmState, readKubeadm } from './read.ts'
import { kubeadmSteps } from './steps.ts'

/** What kubeadm remembers of the cluster, and writes again with every upgrade. */
export const kubeadm: Layer<KubeadmState> = {
  id: 'kubeadm',
  title: "kubeadm's configuration",
  reads: [{ kind: 'config-map', namespace: 'kube-system', name: 'kubeadm-config' }],
  read: readKubeadm,
  // Nothing runs from it until the next upgrade.
  status: ({ says }) => {
    if (says.refused !== undefined)
      return [{ subject: 'kubeadm', configured: {}, running: {}, note: says.refused.message }]
    const { podSubnet, serviceSubnet } = says.value
    return [
      { subject: 'kubeadm podSubnet', configured: byFamily(podSubnet), running: {} },
      { subject: 'kubeadm serviceSubnet', configured: byFamily(serviceSubnet), running: {} },
    ]
  },
  steps: (state, goal, stage) => (stage === 'kubeadm-config' ? kubeadmSteps(state, goal) : []),
  gates: {},
}
