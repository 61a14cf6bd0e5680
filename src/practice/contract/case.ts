import type { Trial } from './trial.ts'

/**
 * What the API servers of the cluster are while a case runs. `single`: one service range; `dual`: both; `returned`: one again, after they
 * had both. A case may begin in one and wait for a later one (`trial.reach`): what was made before a change and is looked at after it.
 */
export const phases = ['single', 'dual', 'returned'] as const
export type Phase = (typeof phases)[number]

/** What a cluster must have besides, or the case is skipped with that reason. */
export type Need =
  /** Calico by manifest with its own IPAM */
  | 'calico'
  /** the sample workload of the lab, whose image and container the cases take */
  | 'workload'
  /** a node that is no control plane */
  | 'worker'
  /** one control plane alone: several leaders would answer for each other */
  | 'one-control-plane'

/** One statement about a cluster, true of a real one, and so of the practice cluster. */
export interface ContractCase {
  /** `area/what`: the area is the name of its file. */
  readonly id: string
  readonly title: string
  /** In which phase it begins. */
  readonly phase: Phase
  readonly needs: readonly Need[]
  /** Arranges, acts and looks. Throws where the cluster does otherwise; leaves nodes and shared objects as it found them. */
  readonly run: (trial: Trial) => Promise<void>
}

type Rest = { readonly phase?: Phase; readonly needs?: readonly Need[] }

/** A case, declared: phase `single` and no needs unless told. */
export const contractCase = (
  id: string,
  title: string,
  { phase = 'single', needs = [] }: Rest,
  run: ContractCase['run'],
): ContractCase => ({ id, title, phase, needs, run })

/** What came of a case in a world. */
export interface CaseResult {
  readonly id: string
  readonly title: string
  readonly outcome: 'held' | 'broken' | 'skipped'
  /** What was seen instead, or why it was skipped. */
  readonly says: string
  /** Of the world's own clock. */
  readonly seconds: number
}

/** A case saw something else than it states. */
export class BrokenContract extends Error {
  override readonly name = 'BrokenContract'
}
