import { UsageError } from '../../base/errors.ts'
import type { OwnerRef, Plan, Step } from '../../model/plan.ts'
import type { Fault } from '../../practice/index.ts'
import { nearest } from '../../text/nearest.ts'

/** What a person may ask to go wrong. */
export interface FaultKind {
  readonly name: string
  /** Whole sentence without a subject: what happens then. */
  readonly says: string
  /** What the practice cluster does wrong during a step; undefined: it does not fit this step. `kill` and `cut` are done to the tool itself. */
  readonly of: (step: Step) => Fault | 'kill' | 'cut' | undefined
}

/** One that was asked for, with its step. */
export interface ChosenFault {
  readonly kind: FaultKind
  readonly way: Plan['direction']
  readonly step: Step
}

const nodesOf = (step: Step): readonly string[] =>
  step.changes.flatMap(({ target }) => ('node' in target ? [target.node] : []))
const filesOf = (step: Step) => step.changes.flatMap(({ target }) => (target.kind === 'file' ? [target] : []))
const remade = (step: Step): readonly OwnerRef[] =>
  step.refreshes.flatMap(refresh =>
    refresh.kind === 'recreate-pods' && refresh.by !== 'delete' ? [refresh.owner] : [],
  )
const servicesOf = (step: Step) =>
  step.changes.flatMap(({ target }) =>
    target.kind === 'object' && target.api === 'v1/services' ? [target] : [],
  )

export const faultKinds: readonly FaultKind[] = [
  {
    name: 'kill',
    says: 'the tool is killed in the middle of the step, as by kill -9',
    of: step => (step.changes.length + step.refreshes.length > 0 ? 'kill' : undefined),
  },
  {
    name: 'cut',
    says: 'the connection breaks at the first change of the step',
    of: step => (step.changes.length + step.refreshes.length > 0 ? 'cut' : undefined),
  },
  {
    name: 'disk-full',
    says: 'nothing can be written on the node',
    of: step => {
      const [file] = filesOf(step)
      return file && { kind: 'disk-full', node: file.node }
    },
  },
  {
    name: 'node-unreachable',
    says: 'the node does not answer',
    of: step => {
      const [node] = nodesOf(step)
      return node === undefined ? undefined : { kind: 'node-unreachable', node }
    },
  },
  {
    name: 'api-server-stays-down',
    says: 'the API server does not come up with its new flags',
    of: step => {
      const swapped = filesOf(step).find(({ swap }) => swap !== undefined)
      return swapped && { kind: 'api-server-stays-down', node: swapped.node }
    },
  },
  {
    name: 'pod-never-ready',
    says: 'pods that are made again do not become ready',
    of: step => {
      const [owner] = remade(step)
      return owner && { kind: 'pod-never-ready', namespace: owner.namespace, name: owner.name }
    },
  },
  {
    name: 'deaf',
    says: 'what runs in the pods does not listen on the new family',
    of: step => {
      // Where what answers on the new family is asked before anything is changed.
      const isAsked = step.needs.some(({ id }) => id === 'services/reachable')
      const [service] = isAsked ? servicesOf(step) : []
      return service && { kind: 'deaf', namespace: service.namespace ?? '', name: service.name }
    },
  },
  {
    name: 'other-writer',
    says: 'somebody else writes the object at the same moment',
    of: step => {
      const target = step.changes.map(change => change.target).find(one => one.kind === 'object')
      if (target?.kind !== 'object') return undefined
      const { api: resource, namespace, name } = target
      return {
        kind: 'other-writer',
        resource,
        name,
        times: 1,
        ...(namespace === undefined ? {} : { namespace }),
      }
    },
  },
]

const ways = { there: 'dual', back: 'single' } as const

/**
 * `NAME`, `NAME@STEP`, `NAME@there:STEP`, `NAME@back:STEP`, `NAME@back`. Without a step the first that the fault fits, there if it can be.
 * @param isPart some nodes and workloads stand for the others: a step may be that of one that is not there
 * @throws UsageError for a name, a step or a pair that does not go together
 */
export function chooseFault(text: string, there: Plan, back: Plan, isPart = false): ChosenFault {
  const at = text.indexOf('@')
  const name = at < 0 ? text : text.slice(0, at)
  const kind = faultKinds.find(one => one.name === name)
  if (kind === undefined) {
    const names = faultKinds.map(one => one.name)
    const guess = nearest(name, names)
    throw new UsageError(
      `--fault does not know '${name}'`,
      guess === undefined
        ? `It knows ${names.join(', ')}.`
        : `Did you mean ${guess}? It knows ${names.join(', ')}.`,
    )
  }
  const place = at < 0 ? undefined : text.slice(at + 1)
  const prefix = /^(there|back)(?=:|$)/.exec(place ?? '')?.[1] as keyof typeof ways | undefined
  const id = prefix === undefined ? place : place?.slice(prefix.length + 1) || undefined
  const plans = [there, back].filter(plan => prefix === undefined || plan.direction === ways[prefix])
  const steps = plans.flatMap(plan => plan.steps.map(step => ({ kind, way: plan.direction, step })))
  const found = steps.filter(({ step }) => id === undefined || step.id === id)
  if (found.length === 0) {
    const guess = nearest(
      id ?? '',
      steps.map(({ step }) => step.id),
    )
    if (isPart) {
      const ids = [...new Set(steps.map(({ step }) => step.id))]
      throw new UsageError(
        `--fault ${text}: no step of what is practised has the id '${id}'`,
        `A node that is not among those practised has no steps; --whole practises all. There are: ${ids.join(', ')}.`,
      )
    }
    throw new UsageError(
      `--fault ${text}: no step has the id '${id}'`,
      guess === undefined ? 'The ids stand in brackets in `dualstack plan`.' : `Did you mean ${guess}?`,
    )
  }
  const fitting = found.find(({ step }) => kind.of(step) !== undefined)
  if (fitting !== undefined) return fitting
  const others = steps.filter(({ step }) => kind.of(step) !== undefined).map(({ step }) => step.id)
  throw new UsageError(
    `--fault ${text}: that cannot happen in this step`,
    others.length === 0 ? 'It fits no step of this cluster.' : `It fits ${[...new Set(others)].join(', ')}.`,
  )
}
