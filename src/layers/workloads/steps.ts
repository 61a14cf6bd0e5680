import { getField } from '../../model/fields.ts'
import type { Goal } from '../../model/goal.ts'
import { applyFields, isObjectChange } from '../../model/apply.ts'
import { fieldChange, objectChange } from '../../model/changes.ts'
import type { Cluster, KubeObject } from '../../model/cluster.ts'
import type { Change, Interruption, Notice, OwnerRef, Refresh, Step } from '../../model/plan.ts'
import { readAPIServers } from '../kube-apiserver/read.ts'
import { changingFamilies } from '../shared/families.ts'
import { isLeft } from '../shared/leave.ts'
import { byFamily } from '../shared/pair.ts'
import { familiesGateId } from './gates.ts'
import { lacksOrExceeds, nameOf, resourceOf, withoutPods, type Workload, type Workloads } from './read.ts'
import { ownFields, surgeFields, surgesForUs } from './surge.ts'
import { wantedPods } from './wanted-pods.ts'
import { type Way, wayOf } from './way.ts'

/** In the pod template: what was rolled out last. It comes on the way there and goes on the way back, so the object ends as it was. */
const familiesAnnotation = 'kubectl-dualstack/families'
const annotationPath = ['spec', 'template', 'metadata', 'annotations', familiesAnnotation]

interface Planned {
  readonly workload: Workload
  readonly way: Way
}

/** Workloads of which some pod has other families than the goal's, with how each is made again. */
function outdated(state: Workloads, goal: Goal): readonly Planned[] {
  const mayExceed = goal.families.length === 1 && servesMore(state.cluster, goal)
  const isBack = goal.families.length === 1
  const found = [...state.workloads, ...(isBack ? withoutPods(state) : [])].flatMap(
    (workload): Planned | readonly Planned[] => {
      if (workload.pods.some(pod => lacksOrExceeds(pod, goal.families))) {
        const way = wayOf(workload, state, goal)
        return { workload, way: way.by !== 'rollout' && isUnderWay(workload, goal) ? { by: 'rollout' } : way }
      }
      if (isUnderWay(workload, goal)) return { workload, way: { by: 'rollout' } }
      return mayExceed ? coming(workload, wayOf(workload, state, goal)) : []
    },
  )
  const named = found.map(planned => ({ name: nameOf(planned.workload.owner), planned }))
  return named.sort((a, b) => a.name.localeCompare(b.name)).map(({ planned }) => planned)
}

/**
 * Back: a roll-out of ours that was begun and has not come to its end (somebody was stopped there). Where it has made no pod yet they all look
 * right, and would not for long; where it has, some are not ready, which elsewhere speaks against a roll-out. The annotation must go all the
 * same, unless somebody wants the workload left.
 */
function isUnderWay({ object }: Workload, goal: Goal): boolean {
  const said = isLeft(object) ? null : getField(object, annotationPath)
  return goal.families.length === 1 && said !== null && said !== goal.families.join(',')
}

/** Some API server has a range of a family that goes: until the CNI is told, pods may still get it. */
const servesMore = (cluster: Cluster, goal: Goal): boolean =>
  (readAPIServers(cluster)?.instances ?? []).some(({ configured }) =>
    changingFamilies(goal).some(family => byFamily(configured)[family] !== undefined),
  )

/**
 * Back: a pod that is being made (somebody was stopped while pods were made again) is not there or has no address yet, and may get the family
 * that goes. When its step comes it is looked at again: one that has it then is evicted, and where none has, nothing is done.
 */
function coming(workload: Workload, way: Way): readonly Planned[] {
  const { owner, object, pods } = workload
  const wanted = (object && wantedPods(owner.kind, object)) ?? 0
  if (way.by === 'nothing' || (pods.length >= wanted && pods.every(pod => pod.families.length > 0))) return []
  return [{ workload, way: { by: way.by === 'delete' ? 'delete' : 'eviction' } }]
}

export function workloadSteps(state: Workloads, goal: Goal, stage: string): readonly Step[] {
  const planned = outdated(state, goal).filter(({ way }) => way.by !== 'nothing')
  const step = (id: string, title: string, members: readonly Planned[]): readonly Step[] =>
    members.length === 0
      ? []
      : [makeStep(stage, id, title, members, goal), ...giveBack(stage, id, surging(members, goal))]
  if (stage === 'workloads-dns') {
    return step(
      'dns',
      'Make the DNS servers again',
      planned.filter(({ workload }) => state.isDNS(workload)),
    )
  }
  const others = planned.filter(({ workload }) => !state.isDNS(workload))
  const isSystem = ({ workload }: Planned) => workload.owner.namespace === 'kube-system'
  return [
    ...step('kube-system', 'Make the other pods of kube-system again', others.filter(isSystem)),
    ...step(
      'pods',
      'Make the pods again',
      others.filter(member => !isSystem(member)),
    ),
    ...giveBack(stage, 'left', leftSurging(state, planned)),
  ]
}

export function workloadNotices(state: Workloads, goal: Goal): readonly Notice[] {
  return outdated(state, goal).flatMap(({ workload, way }) =>
    way.by !== 'nothing'
      ? []
      : [
          {
            layer: 'workloads',
            object: nameOf(workload.owner),
            message: `left as it is, with pods of ${familiesOf(workload)}: ${way.because}`,
            ...(way.remedy === undefined ? {} : { remedy: way.remedy }),
          },
        ],
  )
}

function makeStep(stage: string, id: string, what: string, members: readonly Planned[], goal: Goal): Step {
  const parts = members.map(({ workload, way }) => makeAgain(workload, way, goal))
  return {
    id: `workloads/${id}`,
    stage,
    layer: 'workloads',
    title: `${what}, with ${goal.families.join(' and ')}: ${members.length} ${members.length === 1 ? 'owner' : 'owners'}`,
    why: 'A pod keeps the addresses of its sandbox for life: only one made again gets what the CNI hands out now.',
    interrupts: members.flatMap(({ workload, way }) => interruptionOf(workload, way)),
    leaves: [],
    needs: [],
    changes: parts.flatMap(part => part.changes),
    refreshes: parts.map(part => part.refresh),
    gates: [
      {
        id: familiesGateId,
        args: { families: [...goal.families], owners: members.map(({ workload }) => expectation(workload)) },
        // A roll-out takes its pods one after the other; large ones need their time, and a person sees the progress.
        within: Math.min(7200, 600 + 15 * Math.max(...members.map(({ workload }) => workload.pods.length))),
        steady: 2,
        because:
          'everything after this relies on every pod having these families, and being as ready as it was before',
      },
    ],
  }
}

/**
 * What was written into DaemonSets for the time of their roll-out, out again. Not a change of their templates: nothing starts anew. Planned on
 * what the step before it leaves, and on what a run that died has left.
 */
function giveBack(stage: string, id: string, objects: readonly KubeObject[]): readonly Step[] {
  const changes = objects.flatMap(
    object => objectChange(targetOf(daemonSetOwner(object)), ownFields(object)) ?? [],
  )
  if (changes.length === 0) return []
  return [
    {
      id: `workloads/${id}-strategies`,
      stage,
      layer: 'workloads',
      title: `Give ${changes.length} ${changes.length === 1 ? 'DaemonSet its' : 'DaemonSets their'} own update strategy back`,
      why: 'For the roll-out alone the new pod of a node was made ready before the old one went, as a Service asks for the pod of the same node.',
      interrupts: [],
      leaves: [],
      needs: [],
      changes,
      refreshes: [],
      gates: [],
    },
  ]
}

const daemonSetOwner = ({ metadata }: KubeObject): OwnerRef => ({
  namespace: metadata.namespace ?? '',
  kind: 'DaemonSet',
  name: metadata.name,
})

/** The DaemonSets of these that surge for us once their step is done. */
const surging = (members: readonly Planned[], goal: Goal): readonly KubeObject[] =>
  members.flatMap(({ workload, way }) => {
    const { object, owner } = workload
    if (object === undefined || owner.kind !== 'DaemonSet') return []
    const { changes } = makeAgain(workload, way, goal)
    const after = changes.filter(isObjectChange).reduce(applyFields, object)
    return surgesForUs(after) ? [after] : []
  })

/** DaemonSets that surge for us and are not to be rolled out any more: a run died between its roll-out and its end. */
function leftSurging({ cluster }: Workloads, planned: readonly Planned[]): readonly KubeObject[] {
  const names = new Set(planned.map(({ workload }) => nameOf(workload.owner)))
  return (cluster.objects['apps/v1/daemonsets'] ?? []).filter(
    object => surgesForUs(object) && !names.has(nameOf(daemonSetOwner(object))),
  )
}

const targetOf = (owner: OwnerRef) =>
  ({
    kind: 'object',
    api: resourceOf[owner.kind] ?? '',
    namespace: owner.namespace,
    name: owner.name,
  }) as const

const familiesOf = ({ pods }: Workload): string =>
  [...new Set(pods.flatMap(pod => pod.families))].join(' and ')

const interruptionOf = (workload: Workload, way: Way): readonly Interruption[] =>
  way.by === 'nothing' || way.interrupts === undefined
    ? []
    : [{ what: `${nameOf(workload.owner)}: ${way.interrupts}`, seconds: 10 }]

/** What was ready before must be ready after; what was broken before is not ours to wait for. */
function expectation({ owner, pods }: Workload) {
  return {
    namespace: owner.namespace,
    kind: owner.kind,
    name: owner.name,
    ready: pods.filter(pod => pod.ready).length,
  }
}

function makeAgain(
  workload: Workload,
  way: Way,
  goal: Goal,
): { readonly changes: readonly Change[]; readonly refresh: Refresh } {
  const { ready, ...ref } = expectation(workload)
  const refresh = (by: 'rollout' | 'eviction' | 'delete'): Refresh => ({
    kind: 'recreate-pods',
    owner: ref,
    until: goal.families,
    by,
    // A roll-out is its controller's business: it keeps a pace of its own.
    ...(by === 'rollout' ? {} : { ready }),
  })
  if (way.by !== 'rollout')
    return { changes: [], refresh: refresh(way.by === 'delete' ? 'delete' : 'eviction') }
  const change = templateChange(workload, way.surges === true, goal)
  // The template says already what it shall say, and still there are old pods: no roll-out would start.
  if (change === undefined) return { changes: [], refresh: refresh('eviction') }
  return { changes: [change], refresh: refresh('rollout') }
}

function templateChange({ owner, object }: Workload, surges: boolean, goal: Goal): Change | undefined {
  if (object === undefined) return undefined
  const isBack = goal.families.length === 1
  const isOurs = getField(object, annotationPath) !== null
  // Back: taking our annotation away is itself a change of the template, and leaves it as it was found.
  const after = isBack && isOurs ? null : goal.families.join(',')
  const template = fieldChange(object, annotationPath, after)
  if (template.before === template.after) return undefined
  return objectChange(targetOf(owner), [template, ...(surges ? surgeFields(object) : [])])
}
