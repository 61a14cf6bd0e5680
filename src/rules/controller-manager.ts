import type { Family } from '../address/family.ts'
import type { CIDR } from '../address/index.ts'
import type { ComponentArguments } from '../model/rule.ts'
import { argumentsOf } from './example.ts'
import { listOf, sloppyCIDR } from './sloppy.ts'

export const component = 'kube-controller-manager'
export const oldMask = 'node-cidr-mask-size'
export const maskOf = (family: Family): string => `node-cidr-mask-size-${family.toLowerCase()}`

/** Arguments of a controller manager that hands out pod ranges, for examples. */
export const given = (
  more: Readonly<Record<string, string>>,
  podCIDRs?: readonly (readonly string[])[],
): ComponentArguments =>
  argumentsOf(
    component,
    { 'allocate-node-cidrs': 'true', 'cluster-cidr': '10.244.0.0/16', ...more },
    podCIDRs === undefined ? {} : { meets: { podCIDRs } },
  )

/** Go's ParseBool; '' stands for a bare flag. Without this nothing of the node ranges is looked at. */
export const allocates = ({ arguments: flags }: ComponentArguments): boolean =>
  ['', '1', 't', 'T', 'true', 'TRUE', 'True'].includes(flags['allocate-node-cidrs'] ?? 'false')

/** Parts of --cluster-cidr: trimmed as a whole, then split and not trimmed (core.go processCIDRs). */
export const clusterTexts = ({ arguments: flags }: ComponentArguments): readonly string[] =>
  listOf(flags['cluster-cidr']?.trim())

/** undefined: not all of them can be read, and the controller manager gets no further. */
export function clusterRanges(input: ComponentArguments): readonly CIDR[] | undefined {
  const ranges = clusterTexts(input).flatMap(text => sloppyCIDR(text) ?? [])
  return ranges.length === clusterTexts(input).length ? ranges : undefined
}

/** A mask that a flag sets; undefined: not given, or 0, which stands for that. */
export function maskIn({ arguments: flags }: ComponentArguments, name: string): number | undefined {
  const value = Number(flags[name] ?? 0)
  return Number.isInteger(value) && value !== 0 ? value : undefined
}

/** What a node's block of one range is long: by its family's flag, the old one on a single-stack cluster, else Kubernetes' own. */
export function nodeMask(input: ComponentArguments, family: Family): number {
  const single = clusterTexts(input).length === 1 ? maskIn(input, oldMask) : undefined
  return single ?? maskIn(input, maskOf(family)) ?? (family === 'IPv4' ? 24 : 64)
}
