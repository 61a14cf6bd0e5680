import { RefusedError } from '../../base/errors.ts'
import type { Goal } from '../../model/goal.ts'
import { textChange } from '../../model/changes.ts'
import type { Notice, Step } from '../../model/plan.ts'
import { readFlags, setFlags } from '../../text/manifest.ts'
import { editing } from '../shared/edit.ts'
import { gateChange, gatesFlag } from '../shared/feature-gate.ts'
import { noneDual } from '../shared/none-dual.ts'
import { pairFor } from '../shared/pair.ts'
import { manifestPath, requireManifest, runsWith } from '../shared/static-pod.ts'
import { hasVirtualEndpoint, holderOfEndpoint } from '../shared/virtual-address.ts'
import { answersAs, hasServiceCIDR } from './gates.ts'
import { type APIServerState, component, followsFlag, type Instance, rangeFlag } from './read.ts'

const path = manifestPath(component)

/** One API server a step. Gates of a step hold before the next begins, so that never two are away. */
export function apiServerSteps(state: APIServerState, goal: Goal): readonly Step[] {
  const isDual = goal.families.length > 1
  const steps = inOrder(state).flatMap(instance => stepFor(state, instance, goal) ?? [])
  if (!isDual || !followsFlag(state.cluster) || steps.length === 0) return steps
  const cidrs = goal.families.flatMap(family => goal.services[family] ?? [])
  const isPair = state.serviceCIDR?.join() === cidrs.join()
  if (state.serviceCIDR !== undefined && !isPair) assertCanBecome(state.serviceCIDR, cidrs)
  return steps.map((step, index) => ({
    ...step,
    leaves:
      index === 0 && !isPair
        ? [
            `ServiceCIDR kubernetes becomes ${cidrs.join(',')} as soon as this API server runs, and cannot become single again`,
          ]
        : step.leaves,
    gates: index === steps.length - 1 ? [...step.gates, hasServiceCIDR(cidrs)] : step.gates,
  }))
}

/** The object becomes a pair only from the very string of its one range; any other mismatch stays for ever (kubernetes.md 2.2). */
function assertCanBecome(found: readonly string[], cidrs: readonly string[]): void {
  if (found.length === 1 && found[0] === cidrs[0]) return
  throw new RefusedError(
    `ServiceCIDR kubernetes holds ${found.join(',')}, and can never become ${cidrs.join(',')}`,
    'kube-apiserver.service-cidr',
    found.length > 1
      ? `An earlier conversion chose ${found[1]}: take that range again.`
      : 'The API servers and this object must name the same first range.',
  )
}

/** By the names of the nodes, but for the holder of the virtual address: it comes last, since it costs most while it is away. */
function inOrder({ cluster, instances }: APIServerState): readonly Instance[] {
  const holder = holderOfEndpoint(cluster)
  const isHolder = ({ node }: Instance): number => Number(node === holder)
  return instances.toSorted((a, b) => isHolder(a) - isHolder(b) || (a.node < b.node ? -1 : 1))
}

function stepFor(
  state: APIServerState,
  { node, configured, refused }: Instance,
  goal: Goal,
): Step | undefined {
  const isDual = goal.families.length > 1
  const where = `${node}:${path}`
  const text = requireManifest(state.cluster, node, component)
  if (refused !== undefined) throw refused
  // Without the flag the deprecated default 10.0.0.0/24 counts: nothing to take away, and pairFor refuses another first range there.
  const existing = configured ?? '10.0.0.0/24'
  const value = editing(`${where}: --${rangeFlag}`, () => pairFor(goal, goal.services, existing))
  const isSet = value === existing
  if (isSet && !isDual) return undefined
  const gates = gateChange(state.cluster.version, goal, readFlags(text, component).get(gatesFlag))
  const flags = { ...(isSet ? {} : { [rangeFlag]: value }), ...gates }
  const after = editing(where, () => setFlags(text, component, flags))
  const change = textChange({ kind: 'file', node, path, swap: 'static-pod' }, text, after)
  if (change === undefined) return undefined
  return {
    id: `${component}/${node}`,
    stage: 'kube-apiserver',
    layer: component,
    title: isDual
      ? `Give the API server of ${node} both service ranges`
      : `Take the second service range from the API server of ${node}`,
    why: isDual
      ? 'Services get addresses of a family only from an API server whose --service-cluster-ip-range names a range of it'
      : 'every Service is single-stack, and a range that nobody uses invites new ones',
    interrupts: [
      {
        what: `new connections to the API: none, a stand-in on ${node} serves meanwhile; those kept alive to ${node} are reset once, and clients connect again`,
        seconds: 0,
      },
    ],
    leaves: [],
    needs: isDual ? [] : [noneDual(goal)],
    changes: [change],
    refreshes: [],
    gates: [runsWith(node, component, { ...flags, [rangeFlag]: value }, 180, 5), answersAs(node, isDual)],
  }
}

/** What stays on the way back, and what the order of work could not take into account. */
export function apiServerNotices(state: APIServerState, goal: Goal): readonly Notice[] {
  return [...staysPair(state, goal), ...orderNotices(state)]
}

function orderNotices({ cluster, instances }: APIServerState): readonly Notice[] {
  if (instances.length < 2 || !hasVirtualEndpoint(cluster) || holderOfEndpoint(cluster) !== undefined)
    return []
  return [
    {
      layer: component,
      object: 'the virtual address of the API',
      message:
        'no control plane is seen to hold it, so they are taken by name, and it may move more than once',
    },
  ]
}

function staysPair({ serviceCIDR }: APIServerState, goal: Goal): readonly Notice[] {
  if (goal.families.length > 1 || serviceCIDR === undefined || serviceCIDR.length < 2) return []
  return [
    {
      layer: component,
      object: 'ServiceCIDR kubernetes',
      message: `stays ${serviceCIDR.join(',')}: spec.cidrs cannot become shorter. Nothing depends on it while the API servers have one range`,
      remedy:
        'Leave it. Deleting it stops every new Service until it is back. A later conversion must use the same range.',
    },
  ]
}
