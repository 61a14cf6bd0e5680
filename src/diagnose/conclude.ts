import type { Cluster } from '../model/cluster.ts'
import type { Diagnoses, Diagnosis, Evidence, Failure, RunSeen, SeenOnNodes } from '../model/failure.ts'
import type { Violation } from '../model/rule.ts'
import { inVersions } from '../rules/versions.ts'
import { rankOf } from './catalogue.ts'
import { calmOfServiceCIDR } from './service-cidr.ts'
import type { Standing } from './standing.ts'
import { both, type Found } from './found.ts'
import { explain } from './half-done.ts'
import { type Hearing, type HeardFailure, shown, showable } from './hearing.ts'
import { once } from './once.ts'

/** All that was found out, before it is put in order. */
export interface Findings {
  readonly hearing: Hearing
  /** undefined: only logs were looked at. */
  readonly cluster?: Cluster
  readonly seen?: SeenOnNodes
  readonly failures: readonly Failure[]
  /** Rules that are broken as things stand. */
  readonly standing?: readonly Standing[]
  /** A run of ours that has not come to its end. */
  readonly run?: RunSeen
  readonly lookedAt: readonly string[]
  readonly notRead: readonly string[]
}

/** So many objects are named of one state; and so many errors that nobody knows are told. */
const objectsNamed = 5
const unknownTold = 10

/** Puts causes in order: sure ones first; below that from the ground up, and what was seen first. */
export function conclude({
  hearing,
  cluster,
  seen,
  failures,
  standing = [],
  run,
  lookedAt,
  notRead,
}: Findings): Diagnoses {
  const states = cluster === undefined ? [] : failures.flatMap(failure => stateOf(failure, cluster, seen))
  const byId = new Map<string, Found>()
  for (const found of [
    ...[...hearing.failures.values()].map(heardOf),
    ...states,
    ...standing.map(standingOf),
  ]) {
    const before = byId.get(found.failure.id)
    byId.set(found.failure.id, before === undefined ? found : both(before, found))
  }
  const calm = cluster && calmOfServiceCIDR(cluster)
  const found = once(
    [...byId.values()].filter(
      ({ failure }) => holdsIn(failure, cluster?.version) && calm?.failures.has(failure.id) !== true,
    ),
  ).toSorted(before)
  const ordered = explain(comparisons.reduce(causesFirst, found), run)
  const unknown = hearing.unknown(unknownTold)
  return {
    ...(run !== undefined && { run }),
    found: ordered.map(diagnosisOf),
    lookedAt: calm?.because === undefined ? lookedAt : [...lookedAt, calm.because],
    notRead,
    unknown,
    collect: unknown.length > 0 ? collect : [],
  }
}

const collect = [
  'the whole line, and twenty lines before it',
  '`dualstack snapshot` of the cluster: a folder without secrets',
  'on the node: `journalctl -u kubelet --since -1h`, `crictl ps -a`, and `crictl logs` of what exited',
  'what was changed last, and when',
]

const holdsIn = ({ versions }: Failure, version = ''): boolean =>
  versions === undefined || !/^v?1\.\d+/.test(version) || inVersions(version, versions)

function before(a: Found, b: Found): number {
  if (a.certainty !== b.certainty) return a.certainty === 'sure' ? -1 : 1
  const layers = rankOf(a.failure.layer) - rankOf(b.failure.layer)
  if (layers !== 0) return layers
  if (a.at !== b.at && a.at !== '' && b.at !== '') return a.at < b.at ? -1 : 1
  return a.first - b.first
}

interface Comparison {
  readonly id: string
  readonly causes: RegExp
}

/** That two things differ is no cause where something says what is wrong with one of them. */
const comparisons: readonly Comparison[] = [
  {
    id: 'service-cidr/other-range',
    causes:
      /^(?:api-server-flags\/|advertise-address\/|api-server\/range-differs$|range-pair\/services-differ$)/,
  },
  {
    id: 'range-pair/services-differ',
    causes: /^(?:api-server-flags\/|advertise-address\/|api-server\/range-differs$|controller-manager-)/,
  },
  {
    id: 'range-pair/pods-differ',
    causes: /^(?:kube-proxy-config\/cluster-cidr-|controller-manager-|node-ranges\/outside-cluster-range$)/,
  },
]

function causesFirst(found: readonly Found[], { id, causes }: Comparison): readonly Found[] {
  const index = found.findIndex(({ failure }) => failure.id === id)
  if (index < 0) return found
  const behind = found.slice(index)
  const isCause = ({ failure }: Found): boolean => causes.test(failure.id)
  return [...found.slice(0, index), ...behind.filter(isCause), ...behind.filter(one => !isCause(one))]
}

function diagnosisOf({ failure, certainty, lines, states, also, halfDone }: Found): Diagnosis {
  const { id, title, cause, fix, source, layer } = failure
  const because = [...lines, ...states]
  return {
    failure: id,
    title,
    certainty,
    cause,
    fix,
    source,
    because,
    layer,
    ...(also !== undefined && { also }),
    ...(halfDone !== undefined && { halfDone }),
  }
}

function heardOf({ failure, certainty, lines, times, first, at }: HeardFailure): Found {
  const because = [...lines.values()].map(shown)
  const kept = [...lines.values()].reduce((sum, { times: some }) => sum + some, 0)
  const [head] = because
  const more: readonly Evidence[] =
    times > kept && head !== undefined
      ? [{ where: head.where, says: 'and other lines of the same kind', times: times - kept }]
      : []
  return {
    failure,
    certainty,
    lines: [...because, ...more],
    states: [],
    objects: [],
    first,
    at: at ?? '',
  }
}

const standingOf = ({ failure, certainty, broken }: Standing): Found =>
  seenOf(failure, certainty, failure.title, broken)

/** A cause that is seen, not heard. */
const seenOf = (
  failure: Failure,
  certainty: Found['certainty'],
  what: string,
  broken: readonly Violation[],
): Found => ({
  failure,
  certainty,
  lines: [],
  states: named(what, broken),
  objects: broken.map(({ object }) => object),
  first: 0,
  at: '',
})

function stateOf(failure: Failure, cluster: Cluster, seen: SeenOnNodes | undefined): readonly Found[] {
  return failure.signs.flatMap(sign => {
    if (sign.kind !== 'state') return []
    const broken = sign.judge(cluster, seen)
    return broken.length === 0 ? [] : [seenOf(failure, sign.certainty, sign.what, broken)]
  })
}

function named(what: string, broken: readonly Violation[]): readonly Evidence[] {
  const told = broken.slice(0, objectsNamed).map(({ object, field, message }) => ({
    where: field === '' ? object : `${object}, ${field}`,
    says: showable(message),
  }))
  const left = broken.length - told.length
  return left > 0 ? [...told, { where: what, says: `and ${left} more of the same kind` }] : told
}
