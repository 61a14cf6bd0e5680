import { type Family, families, type PerFamily } from '../../address/family.ts'
import type { Layer, StatusRow } from '../../model/layer.ts'
import { sliceResource } from '../shared/endpoints.ts'
import { endpointsGate, reachableGate } from '../shared/endpoint-gates.ts'
import { noneDualGate } from '../shared/none-dual.ts'
import { serviceNotices } from './notices.ts'
import { readServices, type Services } from './read.ts'
import { serviceSteps } from './steps.ts'

/** Services, but for cluster DNS. */
export const services: Layer<Services> = {
  id: 'services',
  title: 'Services',
  reads: [
    { kind: 'list', resource: 'v1/services' },
    { kind: 'list', resource: sliceResource },
    { kind: 'list', resource: 'apps/v1/statefulsets' },
    { kind: 'list', resource: 'networking.k8s.io/v1/networkpolicies' },
  ],
  read: readServices,
  status: state => [statusRow(state)],
  steps: serviceSteps,
  notices: serviceNotices,
  gates: { reachable: reachableGate, endpoints: endpointsGate, 'none-dual': noneDualGate },
}

function statusRow({ services: all }: Services): StatusRow {
  const counted = (family: Family): number => all.filter(service => service.families.includes(family)).length
  const configured: PerFamily<string> = Object.fromEntries(
    families
      .filter(family => counted(family) > 0)
      .map(family => [family, `${counted(family)} of ${all.length}`]),
  )
  const waiting = all.filter(
    service => service.policy === 'PreferDualStack' && service.families.length === 1,
  ).length
  return {
    subject: 'Services',
    configured,
    running: configured,
    ...(waiting === 0 ? {} : { note: `${waiting} with PreferDualStack wait for a second family` }),
  }
}
