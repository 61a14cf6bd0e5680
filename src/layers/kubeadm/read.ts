import { configMapText } from '../../model/changes.ts'
import type { Cluster } from '../../model/cluster.ts'
import { type Flags, ownFlags } from '../shared/controller-manager-flags.ts'
import { type Attempt, attempt } from '../shared/edit.ts'
import { dualStackGate, gatesFlag } from '../shared/feature-gate.ts'
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
  /** kubernetesVersion: what an upgrade starts from. */
  readonly version: string
  /** What kubeadm's own featureGates say of dual-stack; undefined: nothing. */
  readonly gate: boolean | undefined
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
  return { text, says: attempt(where, () => understand(text, cluster.version)) }
}

function understand(text: string, version: string): KubeadmSays {
  const gate = getScalar(text, ['featureGates', dualStackGate])
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
    version: getScalar(text, ['kubernetesVersion']) || version,
    gate: gate === undefined ? undefined : gate === 'true',
    apiServer: args('apiServer', [rangeArg, gatesFlag]),
    controllerManager: args('controllerManager', [...ownFlags, gatesFlag]),
    allocates:
      (getExtraArg(text, 'controllerManager', 'allocate-node-cidrs') ?? String(podSubnet !== undefined)) ===
      'true',
  }
}
