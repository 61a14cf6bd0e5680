import { otherFamily } from '../address/family.ts'
import type { Pod } from '../model/cluster.ts'
import { ruleThere } from './cluster-rule.ts'
import { pod, situation } from './example.ts'

const web = (ips: readonly string[], more: Partial<Pod> = {}): Pod =>
  pod({ name: 'web-1', owner: { kind: 'ReplicaSet', name: 'web' }, ips, ...more })

const oneFamily = ruleThere({
  id: 'pod-state/one-family',
  severity: 'info',
  title: 'every pod has an address of each family',
  why: 'A pod keeps the addresses it was made with for life; a restart of its containers changes nothing. Pods made before the conversion have to be made again. Those of the host network follow their node by themselves.',
  source: 'k/k:pkg/kubelet/kubelet_pods.go',
  covers: ['kubernetes 8', 'kubernetes 5.5', 'P40'],
  remedy:
    'Nothing: the plan makes them again by roll-out, within their budgets, and names those that it leaves.',
  reads: [{ kind: 'list', resource: 'v1/pods' }],
  find({ cluster }, added) {
    // One line a namespace: a large cluster has a hundred thousand of them.
    const counts = new Map<string, number>()
    for (const one of cluster.pods) {
      const isBehind = !one.hostNetwork && one.families.length > 0 && !one.families.includes(added)
      if (isBehind && one.phase === 'Running') counts.set(one.namespace, (counts.get(one.namespace) ?? 0) + 1)
    }
    return [...counts].map(([namespace, count]) => ({
      object: `namespace ${namespace}`,
      field: 'status.podIPs',
      message: `${count === 1 ? '1 pod has' : `${count} pods have`} ${otherFamily(added)} only`,
    }))
  },
  examples: {
    bad: [() => situation({ pods: [web(['10.244.0.5'])] })],
    good: [
      () => situation({ pods: [web(['10.244.0.5', 'fd00:244::5'])] }),
      () => situation({ pods: [web(['10.0.0.11'], { hostNetwork: true }), web([], { phase: 'Pending' })] }),
      () => situation({ pods: [web(['10.244.0.5'], { phase: 'Succeeded' })] }),
    ],
  },
})

export const podStateRules = [oneFamily] as const
