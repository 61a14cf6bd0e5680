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
 * @param whole the way there of all of it, where some nodes and workloads stand for the others: a step may be that of one that is not there
 * @throws UsageError for a name, a step or a pair that does not go together
 */
export function chooseFault(text: string, there: Plan, back: Plan, whole?: Plan): ChosenFault {
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
    const practised = new Set(idsOf([there, back]))
    const others = whole === undefined ? [] : idsOf([whole]).filter(one => !practised.has(one))
    throw noStep(text, id ?? '', idsOf(plans), others)
  }
  const fitting = found.find(({ step }) => kind.of(step) !== undefined)
  if (fitting !== undefined) return fitting
  const others = steps.filter(({ step }) => kind.of(step) !== undefined).map(({ step }) => step.id)
  throw new UsageError(
    `--fault ${text}: that cannot happen in this step`,
    others.length === 0 ? 'It fits no step of this cluster.' : `It fits ${[...new Set(others)].join(', ')}.`,
  )
}

const idsOf = (plans: readonly Plan[]): readonly string[] =>
  plans.flatMap(({ steps }) => steps.map(({ id }) => id))

/**
 * @param there ids of the steps that it may be
 * @param others ids of steps that are not practised, as the way there of all of it has them: those of the way back are called the same
 */
function noStep(text: string, id: string, there: readonly string[], others: readonly string[]): UsageError {
  const whole = 'Something else stands for what that step is of; --whole practises all.'
  if (others.includes(id))
    return new UsageError(`--fault ${text}: no step of what is practised has the id '${id}'`, whole)
  const guess = nearest(id, [...there, ...others])
  return new UsageError(
    `--fault ${text}: no step has the id '${id}'`,
    guess === undefined
      ? 'The ids stand in brackets in `dualstack plan`.'
      : `Did you mean ${guess}?${there.includes(guess) ? '' : ` ${whole}`}`,
  )
}
