import type { Family } from '../../address/family.ts'
import type { Cluster } from '../../model/cluster.ts'
import type { Goal } from '../../model/goal.ts'
import type { Gate } from '../../model/plan.ts'
import { listed } from './families.ts'
import { gateKind, holds, hopeless } from './gate.ts'
import { isLeft, leaveAnnotation } from './leave.ts'
import { readService, type Service, serviceKey } from './service.ts'

/** Headless without selector: RequireDualStack on every cluster, also on single-stack ones. The API server writes it so (kubernetes.md 7.1). */
export const isKeptElsewhere = (service: Service): boolean =>
  service.isHeadless && Object.keys(service.selector ?? {}).length === 0

/**
 * Services that an API server with these families alone could not serve any more: it refuses each update of them, a change of a port or
 * selector too. Not those of which somebody said that they stay as they are.
 */
function strandedServices(cluster: Cluster, families: readonly Family[]): readonly Service[] {
  return (cluster.objects['v1/services'] ?? [])
    .map(readService)
    .filter(service => service.families.some(family => !families.includes(family)))
    .filter(service => !isKeptElsewhere(service) && !isLeft(service.object))
}

interface NoneDual {
  readonly families: readonly Family[]
}

/** Stands in front of each API server that is to know fewer families. */
export const noneDual = (goal: Goal): Gate => ({
  id: 'services/none-dual',
  args: { families: [...goal.families] },
  within: 30,
  steady: 0,
  because: 'an API server refuses every update of a Service that has a family which it does not know',
})

export const noneDualGate = gateKind<NoneDual>({
  reads: () => [{ kind: 'list', resource: 'v1/services' }],
  judge(cluster, { families }) {
    const stranded = strandedServices(cluster, families)
    if (stranded.length === 0) return holds(`every Service has ${families.join(' and ')} only`)
    const named = listed(stranded.map(service => `${serviceKey(service)} (${service.families.join(', ')})`))
    return hopeless(`Services with another family than ${families.join(' and ')}: ${named}`, remedy(families))
  },
})

const remedy = (families: readonly Family[]): string =>
  [
    `Take the other family from each: kubectl -n NAMESPACE patch service NAME --type merge -p '{"spec":{"ipFamilyPolicy":"SingleStack","ipFamilies":["${families.join('","')}"]}}'.`,
    `One whose first family is another must be deleted and made again.`,
    `One that shall stay as it is: kubectl -n NAMESPACE annotate service NAME ${leaveAnnotation}=true.`,
    'Then run the same command again: it goes on here.',
  ].join(' ')
