import { configMapText } from '../../model/changes.ts'
import type { Cluster } from '../../model/cluster.ts'
import { type Flags, ownFlags } from '../shared/controller-manager-flags.ts'
import { type Attempt, attempt } from '../shared/edit.ts'
import {
  type Component,
  extraArgsForm,
  type ExtraArgsForm,
  getExtraArg,
  getScalar,
} from '../../text/yaml-value.ts'

export const where = 'ConfigMap kube-system/kubeadm-config, ClusterConfiguration'
export const rangeArg = 'service-cluster-ip-range'

export interface KubeadmState {
  readonly text: string
  /** What it says, or why it cannot be understood. */
  readonly says: Attempt<KubeadmSays>
}

export interface KubeadmSays {
  /** A list from v1beta4 on, a mapping before. Never changed: an older kubeadm refuses what it does not know. */
  readonly form: ExtraArgsForm
  readonly podSubnet: string | undefined
  readonly serviceSubnet: string | undefined
  /** apiServer.extraArgs, which beat networking. */
  readonly apiServer: Flags
  /** controllerManager.extraArgs, which beat networking. */
  readonly controllerManager: Flags
  /** Will an upgrade start the controller manager with --allocate-node-cidrs? kubeadm adds it where podSubnet is set (controlplane/manifests.go). */
  readonly allocates: boolean
}

export function readKubeadm(cluster: Cluster): KubeadmState | undefined {
  const text = configMapText(cluster, 'kube-system', 'kubeadm-config', 'ClusterConfiguration')
  if (text === undefined) return undefined
  return { text, says: attempt(where, () => understand(text)) }
}

function understand(text: string): KubeadmSays {
  const podSubnet = getScalar(text, ['networking', 'podSubnet']) || undefined
  const args = (component: Component, names: readonly string[]): Flags =>
    Object.fromEntries(
      names.flatMap(name => {
        const value = getExtraArg(text, component, name)
        return value === undefined ? [] : [[name, value]]
      }),
    )
  return {
    form: extraArgsForm(text),
    podSubnet,
    serviceSubnet: getScalar(text, ['networking', 'serviceSubnet']) || undefined,
    apiServer: args('apiServer', [rangeArg]),
    controllerManager: args('controllerManager', ownFlags),
    allocates:
      (getExtraArg(text, 'controllerManager', 'allocate-node-cidrs') ?? String(podSubnet !== undefined)) ===
      'true',
  }
}
