import type { Json } from '../base/json.ts'
import { expectingAtMost, readyPods } from '../layers/workloads/expected.ts'
import type { Cluster } from '../model/cluster.ts'
import type { Change, Gate, Notice, Plan, Refresh, Step } from '../model/plan.ts'

/** A node that is left as it is: dead, and to be finished when it is back. */
export interface LeftNode {
  readonly name: string
  readonly isControlPlane: boolean
  /** Why it cannot be reached. */
  readonly why: string
}

/**
 * A plan without what it does on some nodes; for a plan that was made when they lived. A step that was about them alone goes as a whole. What
 * is left keeps its ids, so that the journal of a run that goes on still fits.
 */
export function withoutNodes(plan: Plan, names: ReadonlySet<string>): Plan {
  if (names.size === 0) return plan
  return { ...plan, steps: plan.steps.flatMap(step => reduced(step, names) ?? []) }
}

function reduced(step: Step, names: ReadonlySet<string>): Step | undefined {
  const isLeft = ({ target }: Change): boolean => 'node' in target && names.has(target.node)
  const isGone = (refresh: Refresh): boolean => refresh.kind === 'restart' && names.has(refresh.node)
  const changes = step.changes.filter(change => !isLeft(change))
  const refreshes = step.refreshes.filter(refresh => !isGone(refresh))
  const hadWork = step.changes.length + step.refreshes.length > 0
  if (hadWork && changes.length + refreshes.length === 0) return undefined
  if (step.guard !== undefined && names.has(step.guard.node)) return undefined
  const kept = (gates: readonly Gate[]): readonly Gate[] =>
    gates.flatMap(gate => gateWithout(gate, names) ?? [])
  return { ...step, changes, refreshes, needs: kept(step.needs), gates: kept(step.gates) }
}

/** A gate says in `node` which node it is about, or in `nodes` which ones, by name. */
function gateWithout(gate: Gate, names: ReadonlySet<string>): Gate | undefined {
  const { args } = gate
  if (typeof args !== 'object' || args === null || Array.isArray(args)) return gate
  const fields = args as Readonly<Record<string, Json>>
  const { node, nodes } = fields
  if (typeof node === 'string' && names.has(node)) return undefined
  if (typeof nodes !== 'object' || nodes === null || Array.isArray(nodes)) return gate
  const left = Object.fromEntries(Object.entries(nodes).filter(([name]) => !names.has(name)))
  return { ...gate, args: { ...fields, nodes: left } }
}

/**
 * The same, and says so. Pods that died with a node are not waited for either: of each owner as many as are ready now.
 * @param cluster without these nodes
 */
export const leaveNodes = (plan: Plan, left: readonly LeftNode[], cluster: Cluster): Plan => {
  if (left.length === 0) return plan
  const { notices, steps, ...rest } = withoutNodes(plan, new Set(left.map(({ name }) => name)))
  const ready = readyPods(cluster)
  return {
    ...rest,
    steps: steps.map(step => expectingAtMost(step, ready)),
    notices: [...leftNotices(left, plan.direction), ...notices],
  }
}

/** What a person must know who agrees to it. */
export const leftNotices = (left: readonly LeftNode[], direction: Plan['direction']): readonly Notice[] =>
  left.map(({ name, isControlPlane, why }) => ({
    layer: 'nodes',
    object: `Node ${name}`,
    message: `is left as it is: the cluster hears nothing from it, and it cannot be reached (${why}). ${
      isControlPlane
        ? 'When it starts again, its API server and controller manager run with their old flags'
        : `When it starts again, pods made there get the addresses of ${direction === 'dual' ? 'one family only' : 'both families, or do not start at all'}`
    }`,
    remedy: `Cordon it now (kubectl cordon ${name}), and when it is back run \`dualstack ${direction === 'dual' ? 'apply' : 'rollback'}\` once more: it finishes this node. If it never comes back, delete it: kubectl delete node ${name}.`,
  }))
