import { contains, formatCIDR, formatIP, parseCIDR, parseIP, parsePair } from '../address/index.ts'
import { families } from '../address/family.ts'
import type { Goal } from '../model/goal.ts'
import type { Intent } from './intent.ts'

/**
 * What a person asks for that a goal does not have, in words; []: it is the same wish. So that the command which began a run, called once
 * more with the same options and the same file, goes on with it. An interface cannot be compared: the goal knows addresses only.
 * @throws UsageError for a range or an address that is none
 */
export function differs(intent: Intent, goal: Goal): readonly string[] {
  const added = goal.families[1] ?? families.find(family => family !== goal.families[0])
  const found: string[] = []
  const differ = (what: string, wanted: string | number | boolean | undefined, is: unknown): void => {
    if (wanted !== undefined && wanted !== is) found.push(`${what} ${String(wanted)}`)
  }
  differ('families', intent.families?.join(), goal.families.join())
  for (const what of ['pods', 'services'] as const) {
    for (const range of intent[what] === undefined ? [] : parsePair(intent[what])) {
      const own = goal[what][range.family]
      differ(what, formatCIDR(range), own === undefined ? undefined : formatCIDR(parseCIDR(own)))
    }
  }
  differ('node mask', intent.nodeMask, added && goal.nodeMask[added])
  differ('block size', intent.blockSize, added && goal.blockSize[added])
  differ('encapsulation', intent.encapsulation, goal.calico.encapsulation)
  differ('NAT', intent.natOutgoing, goal.calico.natOutgoing)
  for (const [node, addresses] of Object.entries(intent.nodeAddresses ?? {})) {
    for (const family of families) {
      const wanted = addresses[family]
      if (wanted !== undefined)
        differ(`address of ${node}`, formatIP(parseIP(wanted)), goal.nodeAddresses[node]?.[family])
    }
  }
  const network = intent.nodesFrom?.cidr
  if (network !== undefined && added !== undefined) {
    const range = parseCIDR(network)
    const outside = Object.values(goal.nodeAddresses).some(
      ({ [added]: address }) => address !== undefined && !contains(range, parseIP(address)),
    )
    if (outside) found.push(`node addresses in ${network}`)
  }
  for (const key of Object.keys(goal.include) as readonly (keyof Goal['include'])[])
    differ(key, intent.include?.[key], goal.include[key])
  return found
}
