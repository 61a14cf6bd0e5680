import { textChange } from '../../model/changes.ts'
import type { Goal } from '../../model/goal.ts'
import type { Notice, Step } from '../../model/plan.ts'
import { readFlags, setFlags } from '../../text/manifest.ts'
import { flagChanges, maskFlag, oldMaskFlag } from '../shared/controller-manager-flags.ts'
import { editing } from '../shared/edit.ts'
import { gateChange, gatesFlag } from '../shared/feature-gate.ts'
import { manifestPath, requireManifest, runsWith } from '../shared/static-pod.ts'
import { leads, nodesFit } from './gates.ts'
import { component, type ControllerManagerState, type Instance, podCIDRsOf } from './read.ts'

const path = manifestPath(component)

/** One controller manager a step. */
export const controllerManagerSteps = (state: ControllerManagerState, goal: Goal): readonly Step[] =>
  state.instances.flatMap(instance => stepFor(state, instance, goal) ?? [])

function stepFor(state: ControllerManagerState, instance: Instance, goal: Goal): Step | undefined {
  const { node } = instance
  const isDual = goal.families.length > 1
  const where = `${node}:${path}`
  const text = requireManifest(state.cluster, node, component)
  if (instance.refused !== undefined) throw instance.refused
  const ranges = editing(where, () => flagChanges(instance.configured ?? {}, goal, instance.allocates))
  const gates =
    isDual || Object.keys(ranges).length > 0
      ? gateChange(state.cluster.version, goal, readFlags(text, component).get(gatesFlag))
      : {}
  const flags = { ...ranges, ...gates }
  // The masks take the place of the old one, where it stands.
  const after = Object.fromEntries(goal.families.map(family => [maskFlag(family), oldMaskFlag]))
  const edited = editing(where, () => setFlags(text, component, flags, { after }))
  const change = textChange({ kind: 'file', node, path }, text, edited)
  if (change === undefined) return undefined
  return {
    id: `${component}/${node}`,
    stage: component,
    layer: component,
    title: isDual
      ? `Give the controller manager of ${node} the ranges of both families`
      : `Take the second family's ranges from the controller manager of ${node}`,
    why: isDual
      ? 'it hands out the pod ranges of new nodes and makes EndpointSlices; each instance may become the leader, so all must agree'
      : 'with one range it must not find a mask of the other family: it would exit',
    interrupts: [
      {
        what: `controllers (scaling, endpoints, garbage collection) pause until the controller manager of ${node} is back or another leads; traffic goes on`,
        seconds: 35,
      },
    ],
    leaves: [],
    // On both ways: the first range must be the one that nodes have, and a second podCIDR needs a second range.
    needs: instance.allocates ? [nodesFit(goal)] : [],
    changes: [change],
    refreshes: [],
    gates: [runsWith(node, component, flags, 180, 5), leads(node)],
    guard: { node, within: 240 },
  }
}

/** Nodes that joined since have two podCIDRs, and cannot lose one. */
export function controllerManagerNotices(
  { cluster, instances }: ControllerManagerState,
  goal: Goal,
): readonly Notice[] {
  if (goal.families.length > 1 || !instances.some(instance => instance.allocates)) return []
  return podCIDRsOf(cluster)
    .filter(({ cidrs }) => cidrs.length > 1)
    .map(({ node, cidrs }) => ({
      layer: component,
      object: `Node ${node}`,
      message: `has podCIDRs ${cidrs.join(',')}, and a single-stack controller manager exits when it meets the second`,
      remedy: `Drain it, delete the Node and join it again before the way back; the run stops in front of the controller managers otherwise.`,
    }))
}
