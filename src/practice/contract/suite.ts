import { messageOf } from '../../base/errors.ts'
import type { World } from '../../world/ports.ts'
import { type CaseResult, type ContractCase, type Phase, phases } from './case.ts'
import { enter } from './phases.ts'
import { lookAround, type Place } from './place.ts'
import { Trial } from './trial.ts'

export interface SuiteOptions {
  /** Called as each case ends. */
  readonly onResult?: (result: CaseResult) => void
  /** The last phase to go to; `returned` unless told. */
  readonly until?: Phase
}

/**
 * Runs cases in a world, one at a time, phase after phase. A case that waits for a later phase is parked: the others go on meanwhile. The
 * API servers are changed between phases, and have one range again when it ends with `returned`.
 */
export async function runSuite(
  world: World,
  cases: readonly ContractCase[],
  { onResult = () => {}, until = 'returned' }: SuiteOptions = {},
): Promise<readonly CaseResult[]> {
  const place = await lookAround(world)
  const results: CaseResult[] = []
  const report = (result: CaseResult): void => {
    results.push(result)
    onResult(result)
  }
  let parked: readonly Running[] = []
  for (const [index, phase] of phases.slice(0, phases.indexOf(until) + 1).entries()) {
    const isNeeded = parked.length > 0 || cases.some(one => phases.indexOf(one.phase) >= index)
    // Nobody's API server is left with two ranges.
    if (!isNeeded && phase !== 'returned') break
    if (phase !== 'single') await enter(world, place, phase)
    const fresh = cases
      .filter(one => one.phase === phase && isMet(one, place, report))
      .map(one => new Running(world, place, one))
    const left: Running[] = []
    for (const running of [...parked, ...fresh]) {
      const result =
        running.awaits === phase || running.awaits === undefined ? await running.goOn() : undefined
      if (result === undefined) left.push(running)
      else report(result)
    }
    parked = left
  }
  for (const { one, awaits } of parked)
    report(skipped(one, `waits for ${awaits}, and the suite ended before`))
  return results
}

const skipped = ({ id, title }: ContractCase, says: string): CaseResult => ({
  id,
  title,
  outcome: 'skipped',
  says,
  seconds: 0,
})

function isMet(one: ContractCase, place: Place, report: (result: CaseResult) => void): boolean {
  const missing = one.needs.filter(need => !place.has(need))
  if (missing.length > 0) report(skipped(one, `needs ${missing.join(', ')}`))
  return missing.length === 0
}

/** A case that runs, or waits for a phase. */
class Running {
  /** undefined: it has not begun, or goes on. */
  awaits: Phase | undefined
  #ended: Promise<CaseResult> | undefined
  #wake = (): void => {}
  #park = (): void => {}

  constructor(
    readonly world: World,
    readonly place: Place,
    readonly one: ContractCase,
  ) {}

  /** Until it ends, or waits for a phase again: undefined. */
  async goOn(): Promise<CaseResult | undefined> {
    const parked = new Promise<undefined>(resolve => (this.#park = () => resolve(undefined)))
    this.awaits = undefined
    this.#wake()
    this.#ended ??= this.#carryOut()
    return Promise.race([this.#ended, parked])
  }

  #reach(phase: Phase): Promise<void> {
    this.awaits = phase
    this.#park()
    return new Promise(resolve => (this.#wake = resolve))
  }

  async #carryOut(): Promise<CaseResult> {
    const { world, place, one } = this
    const namespace = `contract-${one.id.replaceAll(/[^a-z0-9]+/g, '-')}`
    const began = world.clock.now()
    const result = (outcome: CaseResult['outcome'], says: string): CaseResult => ({
      id: one.id,
      title: one.title,
      outcome,
      says,
      seconds: Math.round((world.clock.now() - began) / 100) / 10,
    })
    try {
      await world.api.create('v1/namespaces', {
        apiVersion: 'v1',
        kind: 'Namespace',
        metadata: { name: namespace },
      })
      await one.run(new Trial(world, namespace, place, phase => this.#reach(phase)))
      return result('held', '')
    } catch (error) {
      return result('broken', messageOf(error))
    } finally {
      await world.api.delete('v1/namespaces', undefined, namespace).catch(() => {})
    }
  }
}
