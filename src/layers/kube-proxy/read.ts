import type { RefusedError } from '../../base/errors.ts'
import { configMapText, findObject } from '../../model/changes.ts'
import type { Cluster, KubeObject } from '../../model/cluster.ts'
import { getField } from '../../model/fields.ts'
import { getScalar } from '../../text/yaml-value.ts'
import { attempt } from '../shared/edit.ts'
import { dualStackGate } from '../shared/feature-gate.ts'
import { textsIn } from '../shared/yaml-texts.ts'

export const namespace = 'kube-system'
export const name = 'kube-proxy'
export const key = 'config.conf'
export const daemonSets = 'apps/v1/daemonsets'
export const where = `ConfigMap ${namespace}/${name}, ${key}`

/** In the pod template: says with which configuration the pods were rolled out for two families. Taking it away rolls them out again. */
const annotation = 'kubectl-dualstack/config'
export const annotationPath = ['spec', 'template', 'metadata', 'annotations', annotation] as const

export interface KubeProxyState {
  readonly cluster: Cluster
  /** gitVersion of the cluster. */
  readonly version: string
  readonly text: string
  readonly daemonSet: KubeObject
  /** undefined: it says nothing, or cannot be understood. */
  readonly clusterCIDR: string | undefined
  readonly refused: RefusedError | undefined
  /** What featureGates says of dual-stack; undefined: nothing. */
  readonly gate: boolean | undefined
  /** Addresses at which NodePorts answer; empty: at all. */
  readonly nodePortAddresses: readonly string[]
  /** The annotation of the pod template. */
  readonly rolledOut: string | undefined
}

/** undefined where kube-proxy does not run as kubeadm makes it: a CNI may do its work. */
export function readKubeProxy(cluster: Cluster): KubeProxyState | undefined {
  const text = configMapText(cluster, namespace, name, key)
  const daemonSet = findObject(cluster, daemonSets, namespace, name)
  if (text === undefined || daemonSet === undefined) return undefined
  const { value, refused } = attempt(where, () => ({
    clusterCIDR: getScalar(text, ['clusterCIDR']) || undefined,
    nodePortAddresses: textsIn(text, 'nodePortAddresses'),
    gate: getScalar(text, ['featureGates', dualStackGate]),
  }))
  const rolledOut = getField(daemonSet, annotationPath)
  return {
    cluster,
    version: cluster.version,
    text,
    daemonSet,
    clusterCIDR: value?.clusterCIDR,
    nodePortAddresses: value?.nodePortAddresses ?? [],
    gate: value?.gate === undefined ? undefined : value.gate === 'true',
    refused,
    rolledOut: typeof rolledOut === 'string' ? rolledOut : undefined,
  }
}
