import { applyStep } from '../../model/apply.ts'
import type { Cluster } from '../../model/cluster.ts'
import type { Goal } from '../../model/goal.ts'
import type { Layer } from '../../model/layer.ts'
import type { Change, Gate, Reading, Step } from '../../model/plan.ts'

/** What a layer wants done on a cluster. */
export function stepsOf(layer: Layer, cluster: Cluster, goal: Goal, stage: string): readonly Step[] {
  const state = layer.read(cluster)
  return state === undefined ? [] : layer.steps(state, goal, stage)
}

export const applied = (cluster: Cluster, steps: readonly Step[]): Cluster => steps.reduce(applyStep, cluster)

/** Changes as people see them: a diff without context. */
export function shown(steps: readonly Step[]): string {
  return steps
    .flatMap(step => [
      `# ${step.id}: ${step.title}`,
      ...step.changes.flatMap(linesOf),
      ...step.refreshes.map(refresh => `! ${JSON.stringify(refresh)}`),
    ])
    .join('\n')
}

function linesOf(change: Change): readonly string[] {
  if ('edits' in change) {
    const { target } = change
    const head =
      target.kind === 'file'
        ? `${target.node}:${target.path}`
        : `${target.namespace}/${target.name} ${target.key}`
    const gone = change.after === null ? ' (removed)' : change.before === null ? ' (new)' : ''
    const edits = change.edits.flatMap(edit => [
      `@@ ${edit.at}`,
      ...edit.remove.map(line => `-${line.trimEnd()}`),
      ...edit.insert.map(line => `+${line.trimEnd()}`),
    ])
    return [`${head}${gone}`, ...edits]
  }
  if ('fields' in change) {
    return change.fields.map(
      field =>
        `${change.target.name} ${field.path.join('.')}: ${JSON.stringify(field.before)} → ${JSON.stringify(field.after)}`,
    )
  }
  return [`${change.target.node} ${change.target.key}: ${change.before} → ${change.after}`]
}

/** The readings of a step's gates, as the run judges them. */
export const readingsOf = (
  layer: Layer,
  cluster: Cluster,
  gates: readonly Gate[],
): readonly (Reading & { id: string })[] =>
  gates.map(gate => {
    const kind = layer.gates[gate.id.slice(layer.id.length + 1)]
    if (kind === undefined) throw new Error(`${layer.id} has no gate ${gate.id}`)
    return { id: gate.id, ...kind.judge(cluster, gate.args) }
  })
