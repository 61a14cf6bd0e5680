import { catalogue, conclude, Listener, Matcher } from '../diagnose/index.ts'
import type { Diagnoses } from '../model/failure.ts'
import { type GivenLog, listenTo } from './diagnose-log.ts'

/** From logs alone, one after the other. */
export async function diagnoseLogs(logs: readonly GivenLog[], signal?: AbortSignal): Promise<Diagnoses> {
  const listener = new Listener(new Matcher(catalogue))
  const told = []
  for (const log of logs) told.push(await listenTo(listener, log, signal))
  return conclude({
    hearing: listener.hearing,
    failures: catalogue,
    lookedAt: told.map(({ lookedAt }) => lookedAt),
    notRead: told.flatMap(({ notRead }) => notRead),
  })
}
