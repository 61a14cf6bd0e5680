import { underlayGate } from '../layers/host/underlay.ts'
import { applySteps } from '../model/apply.ts'
import type { Cluster } from '../model/cluster.ts'
import type { Goal } from '../model/goal.ts'
import type { Layer } from '../model/layer.ts'
import type { Gate, Notice, Plan, Step } from '../model/plan.ts'
import { joins } from './joins.ts'
import { stagesBack, stagesThere } from './stages.ts'

export interface MakePlan {
  readonly cluster: Cluster
  readonly goal: Goal
  readonly layers: readonly Layer[]
  /** Version of the tool, recorded in the plan. */
  readonly tool: string
}

/**
 * The plan from a cluster to a goal. Folds: each step is computed on the cluster as the steps before it leave it, so that a second edit
 * of one object starts from the right text. Law: planning from where a plan ends gives no steps.
 */
export function makePlan({ cluster, goal, layers, tool }: MakePlan): Plan {
  const direction = goal.families.length > 1 ? 'dual' : 'single'
  const byId = new Map(layers.map(layer => [layer.id, layer]))
  const steps: Step[] = []
  let state = cluster
  for (const stage of direction === 'dual' ? stagesThere : stagesBack) {
    const layer = byId.get(stage.layer)
    const read = layer?.read(state)
    if (layer === undefined || read === undefined) continue
    const own = layer.steps(read, goal, stage.id)
    steps.push(
      ...own.map(step => (stage.meanwhile === undefined ? step : { ...step, meanwhile: stage.meanwhile })),
    )
    state = applySteps(state, own)
  }
  return {
    apiVersion: 'dualstack/v1',
    cluster: cluster.uid,
    tool,
    direction,
    goal,
    steps: direction === 'dual' && byId.has('host') ? tryFirst(steps, underlayGate(goal)) : steps,
    notices: notices(cluster, goal, layers),
    joins: joins(cluster, goal),
  }
}

/** In front of the first change, whichever it is: what is tried there needs nothing, and would be found too late anywhere else. */
function tryFirst([first, ...rest]: readonly Step[], gate: Gate | undefined): readonly Step[] {
  if (first === undefined) return []
  return gate === undefined ? [first, ...rest] : [{ ...first, needs: [gate, ...first.needs] }, ...rest]
}

function notices(cluster: Cluster, goal: Goal, layers: readonly Layer[]): readonly Notice[] {
  return layers.flatMap(layer => {
    if (layer.notices === undefined) return []
    const state = layer.read(cluster)
    return state === undefined ? [] : layer.notices(state, goal)
  })
}
