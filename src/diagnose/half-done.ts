import type { RunSeen } from '../model/failure.ts'
import { type Stage, stagesBack, stagesThere } from '../plan/stages.ts'
import type { Found } from './found.ts'

/** Causes that a run of ours makes for a while, and by which layers' steps. */
interface Passing {
  readonly causes: readonly string[]
  readonly layers: readonly string[]
}

/** Things that differ until the last of these steps is done. What the order of the work keeps from happening is not here: it is broken. */
const differing: readonly Passing[] = [
  {
    causes: [
      'api-servers/ranges-differ',
      'api-servers/dual-stack-service-on-single',
      'api-server/range-differs',
      'api-server/range-not-in-object',
      'api-server/no-allocator-ready',
      'api-server/not-ready-to-allocate',
      'running-range/services',
      'service-cidr/other-range',
      'service-admission/dual-stack-configured',
      'service-admission/family-configured',
      'service-admission/address-configured',
    ],
    layers: ['kube-apiserver'],
  },
  { causes: ['range-pair/services-differ'], layers: ['kube-apiserver', 'kube-controller-manager'] },
  {
    causes: ['range-pair/pods-differ', 'node-ranges/more-than-cluster-ranges'],
    layers: ['kube-controller-manager', 'kube-proxy'],
  },
  { causes: ['left-behind/upgrade-takes-it-back'], layers: ['kubeadm', 'kube-apiserver'] },
  // On the way back kubelets come before the API servers.
  { causes: ['state/node-reports-one-family'], layers: ['kube-apiserver', 'kubelet'] },
  {
    causes: [
      'kube-proxy-config/cluster-cidr-lacks-family',
      'kube-proxy-config/node-cidr-lacks-family',
      'kube-proxy/node-ips-changed',
      'kube-proxy/family-not-supported',
    ],
    layers: ['kubelet', 'kube-proxy'],
  },
  { causes: ['calico-node/no-address'], layers: ['cni'] },
  // With the first pod of a family a node gets a block of it, and the others their routes a moment later.
  { causes: ['state/pod-routes-of-one-family'], layers: ['cni', 'workloads'] },
  {
    causes: [
      'state/service-without-endpoints',
      'service-state/no-endpoints-of-family',
      'service-state/waits-for-dual-stack',
    ],
    layers: ['workloads', 'services', 'dns'],
  },
]

/** What ends and starts anew while such a step is at work: neither before it begins nor when it is done. */
const restarting: readonly Passing[] = [
  {
    causes: ['state/static-pod-not-running', 'state/keeps-ending'],
    layers: ['kube-apiserver', 'kube-controller-manager'],
  },
  { causes: ['state/kubelet-not-running'], layers: ['kubelet'] },
  { causes: ['calico/needs-api', 'dns/no-api'], layers: ['kube-apiserver', 'kube-proxy', 'cni'] },
  {
    causes: [
      'state/keeps-ending',
      'calico-node/not-ready',
      'calico/bird-not-ready',
      'calico/felix-not-ready',
      'kubelet/no-network',
      'kubelet/sandbox-fails',
    ],
    layers: ['cni'],
  },
  { causes: ['dns/not-ready', 'webhooks/closed-and-down'], layers: ['workloads'] },
]

/** Ids of all causes that a run may explain. */
export const passing: readonly string[] = [...differing, ...restarting].flatMap(({ causes }) => causes)

/** What a run has still to do. */
interface Left {
  /** Layers whose steps are not all done. */
  readonly unfinished: readonly string[]
  /** Layers whose steps may be at work, or were when it stopped. */
  readonly atWork: readonly string[]
}

/** Stages name each kind of CNI; causes do not. */
const layerOf = ({ layer }: Stage): string => (layer.startsWith('cni-') ? 'cni' : layer)
const layersOf = (stages: readonly Stage[]): readonly string[] => [...new Set(stages.map(layerOf))]

function leftOf({ command, stage }: RunSeen): Left {
  const stages =
    command === undefined ? [...stagesThere, ...stagesBack] : command === 'apply' ? stagesThere : stagesBack
  // All its steps are done: what is broken now is not for want of them.
  if (command !== undefined && stage === undefined) return { unfinished: [], atWork: [] }
  const at = stages.findIndex(({ id }) => id === stage)
  // Nobody knows how far it has come.
  if (command === undefined || at < 0) return { unfinished: layersOf(stages), atWork: layersOf(stages) }
  const meanwhile = stages[at]?.meanwhile ?? []
  return {
    unfinished: layersOf(stages.slice(at)),
    atWork: layersOf(stages.filter(({ id }) => id === stage || meanwhile.includes(id))),
  }
}

/**
 * Tells of causes that the unfinished steps of a run explain that they may be its half-done state: none of them is sure, and each stands
 * behind those that the run does not explain.
 */
export function explain(found: readonly Found[], run: RunSeen | undefined): readonly Found[] {
  if (run === undefined) return found
  const left = leftOf(run)
  const because = ({ failure }: Found): readonly string[] => {
    const of = (passing: readonly Passing[], layers: readonly string[]): readonly string[] =>
      passing
        .filter(({ causes }) => causes.includes(failure.id))
        .flatMap(one => one.layers.filter(layer => layers.includes(layer)))
    return [...new Set([...of(differing, left.unfinished), ...of(restarting, left.atWork)])]
  }
  const told = found.map((one): Found => {
    const halfDone = because(one)
    return halfDone.length === 0 ? one : { ...one, certainty: 'likely', halfDone }
  })
  return [
    ...told.filter(({ halfDone }) => halfDone === undefined),
    ...told.filter(({ halfDone }) => halfDone !== undefined),
  ]
}
