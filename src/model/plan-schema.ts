import { z } from 'zod'
import type { Plan } from './plan.ts'

/** The shape of a plan file. Unknown fields are refused: a plan of a newer tool must not be run by half. */
const family = z.enum(['IPv4', 'IPv6'])
const perFamily = <T extends z.ZodType>(value: T) =>
  z.strictObject({ IPv4: value.optional(), IPv6: value.optional() })
const hash = z.string().regex(/^sha256:[0-9a-f]{64}$/)

const fileTarget = z.strictObject({
  kind: z.literal('file'),
  node: z.string(),
  path: z.string().regex(/^(?:\/(?!\.{1,2}(?:\/|$))[^/\p{Cc}]+)+$/u, 'an absolute path without . or ..'),
  swap: z.literal('static-pod').optional(),
})
const configMapTarget = z.strictObject({
  kind: z.literal('config-map'),
  namespace: z.string(),
  name: z.string(),
  key: z.string(),
})
const lineEdit = z.strictObject({
  at: z.int().min(1),
  remove: z.array(z.string()),
  insert: z.array(z.string()),
})
const change = z.union([
  z.strictObject({
    target: z.discriminatedUnion('kind', [fileTarget, configMapTarget]),
    before: hash.nullable(),
    after: hash.nullable(),
    edits: z.array(lineEdit),
  }),
  z.strictObject({
    target: z.strictObject({ kind: z.literal('sysctl'), node: z.string(), key: z.string() }),
    before: z.string(),
    after: z.string(),
  }),
  z.strictObject({
    target: z.strictObject({
      kind: z.literal('object'),
      api: z.string(),
      namespace: z.string().optional(),
      name: z.string(),
    }),
    existence: z.enum(['create', 'delete']).optional(),
    fields: z.array(z.strictObject({ path: z.array(z.string()), before: z.json(), after: z.json() })),
  }),
])
const owner = z.strictObject({ namespace: z.string(), kind: z.string(), name: z.string() })
const refresh = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('restart'), node: z.string(), unit: z.string() }),
  z.strictObject({
    kind: z.literal('recreate-pods'),
    owner,
    until: z.array(family),
    by: z.enum(['rollout', 'eviction', 'delete']),
    ready: z.number().optional(),
  }),
  z.strictObject({ kind: z.literal('remove-rules'), family, owner, container: z.string() }),
  z.strictObject({ kind: z.literal('clear-annotation'), annotation: z.string() }),
])
const gate = z.strictObject({
  id: z.string(),
  args: z.json(),
  within: z.number(),
  steady: z.number(),
  because: z.string(),
})
const step = z.strictObject({
  id: z.string(),
  stage: z.string(),
  layer: z.string(),
  title: z.string(),
  why: z.string(),
  interrupts: z.array(z.strictObject({ what: z.string(), seconds: z.number() })),
  leaves: z.array(z.string()),
  needs: z.array(gate),
  changes: z.array(change),
  refreshes: z.array(refresh),
  gates: z.array(gate),
  guard: z.strictObject({ node: z.string(), within: z.number(), unit: z.string().optional() }).optional(),
  meanwhile: z.array(z.string()).optional(),
})
const goal = z.strictObject({
  families: z.array(family).min(1).max(2),
  pods: perFamily(z.string()),
  services: perFamily(z.string()),
  nodeMask: perFamily(z.number()),
  blockSize: perFamily(z.number()),
  nodeAddresses: z.record(z.string(), perFamily(z.string())),
  calico: z.strictObject({
    encapsulation: z.enum(['None', 'VXLAN', 'VXLANCrossSubnet']),
    natOutgoing: z.boolean(),
  }),
  include: z.strictObject({
    barePods: z.boolean(),
    jobs: z.boolean(),
    onDelete: z.boolean(),
    headlessServices: z.boolean(),
    loadBalancerServices: z.boolean(),
  }),
})
const notice = z.strictObject({
  layer: z.string(),
  object: z.string(),
  message: z.string(),
  remedy: z.string().optional(),
})

const plan = z.strictObject({
  apiVersion: z.literal('dualstack/v1'),
  cluster: z.string().min(1),
  tool: z.string(),
  direction: z.enum(['dual', 'single']),
  goal,
  steps: z.array(step),
  notices: z.array(notice),
  joins: z.array(z.string()),
})

/** A plan from what JSON.parse gave; or what is wrong with it, with the place. */
export function parsePlan(value: unknown): { readonly plan: Plan } | { readonly problem: string } {
  const result = plan.safeParse(value)
  return result.success
    ? { plan: result.data }
    : { problem: z.prettifyError(result.error).split('\n').slice(0, 4).join(' ') }
}
