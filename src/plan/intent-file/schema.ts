import { z } from 'zod'

/** The shape of `dualstack.yaml`. The one place that says it: types, the published JSON Schema and docs/dualstack-yaml.md follow. */
const family = z.enum(['IPv4', 'IPv6'])
const range = (what: string) =>
  z
    .string()
    .min(1)
    .optional()
    .describe(
      `${what} of the new family; or, as kubeadm writes it, both ranges with a comma and no space: the cluster's own must be as it is`,
    )
/** RFC 1123 subdomain: what a Node may be called. */
const nodeName = z.string().regex(/^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/)
const prefixLength = z.int().min(1).max(128)

const intentFile = z
  .strictObject({
    apiVersion: z.literal('dualstack/v1').describe('Version of this format'),
    kind: z.literal('DualStack').describe('What this file is'),
    families: z
      .array(family)
      .min(1)
      .max(2)
      .optional()
      .describe(
        'What the cluster shall carry. The first is the primary family, which never changes on a running cluster; one alone: back to single-stack. Default: both',
      ),
    pods: z
      .strictObject({
        cidr: range('Pod range'),
        nodeMask: prefixLength
          .optional()
          .describe(
            "Prefix length of a node's pod block in the new family: 64 for IPv6, 24 for IPv4 unless said",
          ),
      })
      .optional()
      .describe('Addresses of pods'),
    services: z
      .strictObject({
        cidr: range('Service range'),
        headless: z
          .enum(['leave', 'convert'])
          .optional()
          .describe('Headless Services and those that name the pods of a StatefulSet. Default: leave'),
        loadBalancers: z
          .enum(['leave', 'convert'])
          .optional()
          .describe(
            'Services of type LoadBalancer: the provider must hand out the new family. Default: leave',
          ),
      })
      .optional()
      .describe('Addresses of Services, and which are converted'),
    nodes: z
      .strictObject({
        interface: z
          .string()
          .min(1)
          .optional()
          .describe(
            'Interface whose address of the new family each node reports; `*` stands for any characters',
          ),
        cidr: z
          .string()
          .min(1)
          .optional()
          .describe('Network in which the address of the new family of each node lies'),
        addresses: z
          .record(nodeName, z.union([z.string(), z.array(z.string()).min(1).max(2)]))
          .optional()
          .describe('Address of single nodes, by node name; wins over interface and cidr'),
      })
      .optional()
      .describe('Addresses of nodes. Without a word: what the Node reports, else the best of its uplink'),
    calico: z
      .strictObject({
        blockSize: prefixLength
          .optional()
          .describe('Prefix length of an IPAM block of the new pool: 122 for IPv6'),
        encapsulation: z
          .enum(['None', 'VXLAN', 'VXLANCrossSubnet'])
          .optional()
          .describe(
            'How the new family travels between nodes. IPIP is IPv4 only. Default: as the family that is there',
          ),
        natOutgoing: z
          .boolean()
          .optional()
          .describe('Translate what leaves the pod range of the new family. Default: true'),
      })
      .optional()
      .describe('The new IPPool'),
    workloads: z
      .strictObject({
        barePods: z
          .enum(['leave', 'delete'])
          .optional()
          .describe('Pods without an owner: nobody makes them again. Default: leave'),
        jobs: z.enum(['leave', 'delete']).optional().describe('Pods of Jobs that run. Default: leave'),
        onDelete: z
          .enum(['leave', 'recreate'])
          .optional()
          .describe('Pods of DaemonSets and StatefulSets with updateStrategy OnDelete. Default: leave'),
      })
      .optional()
      .describe('Pods that are left as they are unless asked'),
  })
  .describe('What a conversion to dual-stack shall be: dualstack plan --config FILE')

export type IntentFile = z.infer<typeof intentFile>

/** An issue as zod reports it; `places.ts` knows where it stands. */
export type Issue = z.core.$ZodIssue

export const checkIntentFile = (
  value: unknown,
): { readonly file: IntentFile } | { readonly issues: readonly Issue[] } => {
  const result = intentFile.safeParse(value)
  return result.success ? { file: result.data } : { issues: result.error.issues }
}

/** Fields that may stand at a path, for suggestions. [] where any name may stand, or none. */
export function fieldsAt(path: readonly PropertyKey[]): readonly string[] {
  let at: unknown = intentFile
  for (const segment of path) {
    const { shape } = unwrapped(at)
    at = shape?.[String(segment)]
  }
  return Object.keys(unwrapped(at).shape ?? {})
}

function unwrapped(schema: unknown): { readonly shape?: Readonly<Record<string, unknown>> } {
  const inner = schema instanceof z.ZodOptional ? schema.unwrap() : schema
  return inner instanceof z.ZodObject ? { shape: inner.shape } : {}
}

/** For editors: `# yaml-language-server: $schema=…`. Published as schema/dualstack.schema.json. */
export const intentFileSchema = (): unknown => ({ title: 'dualstack.yaml', ...z.toJSONSchema(intentFile) })
