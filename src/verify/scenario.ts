import type { Family } from '../address/family.ts'
import type { Answer, Ask, Place, Skipped } from '../model/verification.ts'
import type { Context, Tester, VerifiedNode } from './context.ts'

/** The one-liners: `dualstack verify pod`. */
export const topics = ['pod', 'service', 'ingress'] as const
export type Topic = (typeof topics)[number]

/** A kind of path, declared: one file each in `scenarios/`. Which paths there are is data, made before anything is sent. */
export interface Scenario {
  readonly id: string
  readonly title: string
  /** Of the layer that most likely is to blame when it fails while what lies below it works; `cni` stands for the cluster's own. */
  readonly layer: string
  readonly topic: Topic
  /** For one family; the loop over families stands in one place. */
  asks(context: Context, family: Family): readonly (Ask | Skipped)[]
  /** What several answers say together, and one alone does not. Gets those of all families. */
  conclude?(answers: readonly Answer[]): readonly (Answer | Skipped)[]
}

export const isSkipped = (one: Ask | Answer | Skipped): one is Skipped => 'reason' in one

export const peers = ({ testers }: Context): readonly Tester[] =>
  testers.filter(tester => tester.role === 'peer')

export const podPlace = ({ pod, node }: Tester): Place => ({ kind: 'pod', name: pod, node })
export const nodePlace = ({ name }: VerifiedNode): Place => ({ kind: 'node', name, node: name })
export const servicePlace = (name: string): Place => ({ kind: 'service', name })
export const here: Place = { kind: 'outside', name: 'this machine' }

type Rest = Omit<Ask, 'id' | 'scenario' | 'family' | 'expect'> & {
  readonly expect?: Ask['expect']
  /** Tells two asks of the same way apart. */
  readonly mark?: string
}

/** An ask with its id. The id names places, never addresses: those differ from one run to the next. */
export function askOf(scenario: string, family: Family, { mark, expect = 'answers', ...rest }: Rest): Ask {
  const { from, to, protocol } = rest
  const id = [
    scenario,
    family,
    protocol,
    `${labelOf(from)}>${labelOf(to)}`,
    ...(mark === undefined ? [] : [mark]),
  ]
  return { id: id.join('/'), scenario, family, expect, ...rest }
}

const labelOf = ({ kind, name }: Place): string => (kind === 'pod' ? name : `${kind}:${name}`)

export const skip = (scenario: string, family: Family, reason: string): readonly Skipped[] => [
  { scenario, family, reason },
]

/** Up to this many nodes each asks every other one; beyond, probes grow with the nodes and not with their square. */
const allPairsUpTo = 8

/** Whom the one at `index` of so many asks: all others, or the next in a ring and two across it. */
export function partners<T>(all: readonly T[], index: number): readonly T[] {
  const strides =
    all.length <= allPairsUpTo
      ? all.map((_, stride) => stride)
      : [1, Math.floor(all.length / 3), Math.floor(all.length / 2)]
  return [...new Set(strides.map(stride => (index + stride) % all.length))]
    .filter(other => other !== index)
    .flatMap(other => all[other] ?? [])
}

/** Nobody has the family: it is not there, rather than broken. Where some have it, those that have not are asked and fail. */
export const noPodHas = (context: Context, family: Family): boolean =>
  context.testers.every(({ ips }) => ips[family] === undefined)

export const podsLack = (family: Family): string => `no test pod got an ${family} address`
const servicesLack = (family: Family): string =>
  `a PreferDualStack Service gets no ${family} ClusterIP: the API server has no range of it`

/** Asks of each node that can be asked; the others are told, each with its reason. */
export function fromNodes(
  { nodes }: Context,
  id: string,
  family: Family,
  asks: (node: VerifiedNode) => readonly Ask[],
): readonly (Ask | Skipped)[] {
  return nodes.flatMap((node): readonly (Ask | Skipped)[] =>
    node.unasked === undefined ? asks(node) : skip(id, family, `node ${node.name}: ${node.unasked}`),
  )
}

/** Where no family gets an answer the way is closed to all, by a firewall or by design: nothing is said of dual-stack. */
export function closedToAll(answers: readonly Answer[], reason: string): readonly (Answer | Skipped)[] {
  const [first] = answers
  return first === undefined || answers.some(({ outcome }) => outcome === 'passed')
    ? answers
    : [{ scenario: first.ask.scenario, reason }]
}

/** Why nothing of Services can be asked from pods in this family; undefined: it can. */
export const serviceLack = (context: Context, family: Family): string | undefined =>
  context.services.web.clusterIPs[family] === undefined
    ? servicesLack(family)
    : noPodHas(context, family)
      ? podsLack(family)
      : undefined
