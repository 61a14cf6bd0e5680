import { parse } from 'yaml'
import { RefusedError } from '../../base/errors.ts'
import { standInPod } from '../../model/stand-in-pod.ts'
import { deriveStandIn, readFlags } from '../../text/manifest.ts'

const container = 'kube-apiserver'

/** Is there room on the node for a second pod that asks for as much as the first? Quantities as in the manifest, by resource. */
export type Room = (node: string, requests: Readonly<Record<string, string>>) => Promise<boolean>

export interface SwapTexts {
  readonly name: string
  readonly namespace: string
  readonly standInName: string
  readonly standIn: string
  /** As /proc/<pid>/cmdline will have them; undefined where kubelet puts something in ($(VAR)), which we do not compute. */
  readonly newArguments: readonly string[] | undefined
  readonly oldArguments: readonly string[] | undefined
  /** Without the program. */
  readonly proofArguments: readonly string[]
}

export async function describeSwap(options: {
  readonly id: string
  readonly node: string
  readonly old: string
  readonly text: string
  readonly standInPort: number
  readonly proofPort: number
  readonly room: Room | undefined
}): Promise<SwapTexts> {
  const { id, old, text, proofPort } = options
  const flags = readFlags(text, container)
  const standInName = standInPod(container, id)
  const derived = deriveStandIn(old, {
    container,
    name: standInName,
    labels: { component: 'kubectl-dualstack', tier: 'stand-in' },
    port: options.standInPort,
  })
  return {
    name: flags.name ?? container,
    namespace: namespaceOf(text),
    standInName,
    standIn: await withRoom(derived, options.node, options.room),
    newArguments: comparable(flags.argv),
    oldArguments: comparable(readFlags(old, container).argv),
    proofArguments: proofOf(flags.argv, proofPort),
  }
}

const comparable = (argv: readonly string[]): readonly string[] | undefined =>
  argv.some(argument => argument.includes('$(')) ? undefined : argv

/** Flags with which the proof must not run: the real storage, its port, and files that two would write. */
const notInProof = [
  'etcd-servers',
  'etcd-servers-overrides',
  'secure-port',
  'audit-log-path',
  'audit-webhook-config-file',
] as const

/**
 * The new arguments, but storage where nobody listens. `--etcd-servers` of the manifest must go, for a repeated one would be added to it
 * (a list), and with the real storage the new flags would take effect at once: the ServiceCIDR object becomes a pair.
 */
export function proofOf(argv: readonly string[], port: number): readonly string[] {
  const kept: string[] = []
  let skip = false
  for (const argument of argv.slice(1)) {
    if (skip) {
      skip = false
      continue
    }
    const name = /^--?([\w-]+)(=|$)/.exec(argument)
    if (name !== null && notInProof.some(flag => flag === name[1])) {
      skip = name[2] === ''
      continue
    }
    kept.push(argument)
  }
  return [...kept, '--etcd-servers=https://127.0.0.1:1', `--secure-port=${port}`]
}

interface Pod {
  metadata?: { namespace?: string }
  spec?: { containers?: { name?: string; resources?: { requests?: Record<string, unknown> } }[] }
}

// As Kubernetes reads it: `mode: 0644` is octal.
const read = (text: string): Pod => parse(text, { version: '1.1' }) as Pod

const namespaceOf = (text: string): string => read(text).metadata?.namespace ?? 'kube-system'

/**
 * What the pod asks for goes, unless the node surely has it free: for a static pod of system-node-critical the kubelet would evict others
 * (preemption in its admission). As JSON, which is YAML: nobody but the kubelet reads it.
 */
async function withRoom(text: string, node: string, room: Room | undefined): Promise<string> {
  const pod = read(text)
  const wanted =
    pod.spec?.containers?.flatMap(({ resources }) => Object.entries(resources?.requests ?? {})) ?? []
  if (pod.spec?.containers?.length !== 1) {
    throw new RefusedError(
      `node ${node}: the pod of ${container} has other containers beside it`,
      'nodes.swap',
      'Choose the plain swap.',
    )
  }
  if (wanted.length > 0) {
    const requests = Object.fromEntries(wanted.map(([name, quantity]) => [name, String(quantity)]))
    const free = (await room?.(node, requests).catch(() => false)) ?? false
    if (!free) for (const each of pod.spec.containers) delete each.resources
  }
  return `${JSON.stringify(pod, null, 1)}\n`
}
