import { type Family, families, otherFamily } from '../address/family.ts'
import { findObject } from '../model/changes.ts'
import { getField } from '../model/fields.ts'
import type { Rule, Situation, Violation } from '../model/rule.ts'

/** The family that the cluster is to get besides its own; undefined: it is on its way back to one. */
export function addedFamily({ cluster, goal }: Situation): Family | undefined {
  if (goal !== undefined) return goal.families[1]
  // No goal could be made: the Service that every cluster has tells the primary family.
  const service = findObject(cluster, 'v1/services', 'default', 'kubernetes')
  const listed = getField(service, ['spec', 'ipFamilies'])
  const primary = families.find(family => Array.isArray(listed) && listed[0] === family)
  return otherFamily(primary ?? 'IPv4')
}

/** A rule about a whole cluster that is to get a second family: what would break, or do what nobody expects, once it has it. */
export interface RuleThere extends Omit<Rule<'cluster'>, 'on' | 'skip' | 'judge'> {
  /** Why it does not apply to this cluster; undefined: it does. */
  readonly without?: (situation: Situation) => string | undefined
  readonly find: (situation: Situation, added: Family) => readonly Violation[]
}

export function ruleThere({ without, find, ...rule }: RuleThere): Rule<'cluster'> {
  return {
    ...rule,
    on: 'cluster',
    skip: situation =>
      addedFamily(situation) === undefined ? 'matters only on the way to dual-stack' : without?.(situation),
    judge(situation) {
      const added = addedFamily(situation)
      return added === undefined || without?.(situation) !== undefined ? [] : find(situation, added)
    },
  }
}
