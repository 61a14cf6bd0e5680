import { tryParseCIDR } from '../../address/index.ts'
import type { Goal } from '../../model/goal.ts'
import type { Layer, StatusRow } from '../../model/layer.ts'
import type { Notice } from '../../model/plan.ts'
import { byFamily } from '../shared/pair.ts'
import { rolloutGate } from '../shared/rollout.ts'
import { daemonSets, key, type KubeProxyState, name, namespace, readKubeProxy, where } from './read.ts'
import { kubeProxySteps } from './steps.ts'

/** kube-proxy's idea of which traffic comes from pods, and its start after the nodes have their addresses. */
export const kubeProxy: Layer<KubeProxyState> = {
  id: 'kube-proxy',
  title: 'kube-proxy',
  reads: [
    { kind: 'config-map', namespace, name },
    { kind: 'list', resource: daemonSets },
    { kind: 'list', resource: 'v1/pods' },
  ],
  read: readKubeProxy,
  status: state => [statusRow(state)],
  steps: (state, goal, stage) => (stage === 'kube-proxy' ? kubeProxySteps(state, goal) : []),
  notices: nodePortNotices,
  gates: { 'rolled-out': rolloutGate },
}

/** Which families a kube-proxy serves stands in its log only; the ConfigMap is what the next start reads. */
function statusRow({ clusterCIDR, refused }: KubeProxyState): StatusRow {
  const row = { subject: `kube-proxy ${key}`, configured: byFamily(clusterCIDR), running: {} }
  return refused === undefined ? row : { ...row, note: refused.message }
}

/** A family without an entry is not "nowhere" but "everywhere" (kubernetes.md 4.3). */
function nodePortNotices({ nodePortAddresses }: KubeProxyState, goal: Goal): readonly Notice[] {
  const ranges = nodePortAddresses.flatMap(text => tryParseCIDR(text, { allowHostBits: true }) ?? [])
  if (goal.families.length < 2 || ranges.length === 0) return []
  return goal.families
    .filter(family => !ranges.some(range => range.family === family))
    .map(family => ({
      layer: 'kube-proxy',
      object: where,
      message: `nodePortAddresses ${nodePortAddresses.join(', ')} names no ${family} range, so NodePorts will answer on every ${family} address of every node`,
      remedy: `Add the ${family} ranges that may answer to nodePortAddresses first.`,
    }))
}
