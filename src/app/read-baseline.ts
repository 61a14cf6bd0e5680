import { readFile } from 'node:fs/promises'
import { ConflictError, messageOf, UsageError } from '../base/errors.ts'
import type { Verification } from '../model/verification.ts'
import { parseVerification } from '../model/verification-schema.ts'

const hint = 'Make one on the cluster as it should stay: dualstack verify --save FILE.'

/** A verification that `dualstack verify --save` or `-o json` wrote. @throws UsageError that says what in which file is wrong */
export async function readBaseline(path: string): Promise<Verification> {
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    throw new UsageError(`cannot read ${path}: ${messageOf(error)}`, hint, 'verify.baseline')
  })
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    throw new UsageError(`${path} is no baseline: ${messageOf(error)}`, hint, 'verify.baseline')
  }
  const parsed = parseVerification(value)
  if ('verification' in parsed) return parsed.verification
  throw new UsageError(`${path} is no baseline: ${parsed.problem}`, hint, 'verify.baseline')
}

/** Asked before anything is sent. @throws ConflictError for a baseline of another cluster: its ids mean other things */
export function requireSameCluster(baseline: Verification, cluster: string, path: string): void {
  if (baseline.cluster === cluster) return
  throw new ConflictError(
    `${path} is a baseline of another cluster (${baseline.cluster}); this one is ${cluster}`,
    'verify.foreign-baseline',
    'Check the kubeconfig context, or compare with a baseline of this cluster.',
  )
}
