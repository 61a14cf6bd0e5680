import type { Plan, Step } from '../../model/plan.ts'

/** How long a step takes, in seconds: about, and at most before the run stops by itself. */
export interface Expected {
  readonly about: number
  readonly most: number
}

/** Whose pods are on every node, one node after the other. The figure is of a node. */
const perNode: Readonly<Record<string, number>> = { 'cni-addresses': 15, 'kube-proxy': 8 }

/** Of one step, gates and all, as the lab's runs took (README, "Measured"; docs/calico-rollout.md). */
const perStep: Readonly<Record<string, number>> = {
  'kube-apiserver': 70,
  'kube-controller-manager': 40,
  kubelet: 12,
  'cni-assignment': 5,
  dns: 5,
}

/** A pod that is made again pulls no image and is ready within this, unless its own probes take longer. */
const perOwner = 20

/** An estimate: what the lab measured, times what is there. Busy machines, slow probes and disruption budgets make it longer. */
export function expectedOf(step: Step, plan: Plan): Expected {
  const nodes = Math.max(1, Object.keys(plan.goal.nodeAddresses).length)
  const owners = step.refreshes.filter(refresh => refresh.kind === 'recreate-pods').length
  const rolls = perNode[step.stage]
  const about =
    rolls !== undefined && step.gates.length > 0
      ? rolls * nodes
      : owners > 0
        ? owners * perOwner
        : (perStep[step.stage] ?? 2)
  // Gates of a step are waited for together, needs before it.
  const longest = (gates: Step['gates']): number => Math.max(0, ...gates.map(gate => gate.within))
  return { about, most: Math.max(about, longest(step.needs) + longest(step.gates)) }
}

/** `about 6 min`, in whole minutes from two on: an estimate is not exact to the second. */
export const roughly = (seconds: number): string => {
  if (seconds < 90) return `${Math.max(5, Math.ceil(seconds / 5) * 5)} s`
  const minutes = Math.round(seconds / 60)
  return minutes < 120 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`
}
