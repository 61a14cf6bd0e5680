import { z } from 'zod'
import type { Verification } from './verification.ts'

/**
 * The shape of a verification file. Fields that are not known are left out, not refused: a baseline is compared by ids and outcomes, and one
 * that a newer release wrote stays of use to an older one.
 */
const family = z.enum(['IPv4', 'IPv6'])
const place = z.object({
  kind: z.enum(['pod', 'node', 'service', 'ingress', 'dns', 'api-server', 'outside']),
  name: z.string(),
  node: z.string().optional(),
})
const ask = z.object({
  id: z.string().min(1),
  scenario: z.string(),
  family,
  protocol: z.enum(['TCP', 'UDP', 'SCTP', 'HTTP', 'DNS', 'ICMP']),
  from: place,
  to: place,
  address: z.string().optional(),
  port: z.int().optional(),
  host: z.string().optional(),
  size: z.int().optional(),
  exact: z.boolean().optional(),
  expect: z.enum(['answers', 'denied']),
})
const answer = z.object({
  ask,
  outcome: z.enum(['passed', 'failed']),
  seen: z.string(),
  milliseconds: z.number().optional(),
  tries: z.number().optional(),
  seenFrom: z.string().optional(),
  evidence: z.array(z.object({ of: z.string(), says: z.string() })).optional(),
  layer: z.string().optional(),
})
const ids = z.array(z.string()).optional()
const verification = z.object({
  apiVersion: z.literal('dualstack/verify/v1'),
  cluster: z.string().min(1),
  at: z.iso.datetime({ offset: true }),
  families: z.array(family).min(1),
  nodes: z.array(z.string()),
  answers: z.array(answer),
  skipped: z.array(z.object({ scenario: z.string(), family: family.optional(), reason: z.string() })),
  worse: ids,
  known: ids,
  notAsked: ids,
})

/** A verification from what JSON.parse gave; or what is wrong with it, with the place. */
export function parseVerification(
  value: unknown,
): { readonly verification: Verification } | { readonly problem: string } {
  const { apiVersion } = z.object({ apiVersion: z.string() }).safeParse(value).data ?? {}
  if (apiVersion?.startsWith('dualstack/verify/') === true && apiVersion !== 'dualstack/verify/v1')
    return { problem: `its version is ${apiVersion}, and this release reads dualstack/verify/v1` }
  const result = verification.safeParse(value)
  return result.success
    ? { verification: result.data }
    : { problem: z.prettifyError(result.error).split('\n').slice(0, 4).join(' ') }
}
