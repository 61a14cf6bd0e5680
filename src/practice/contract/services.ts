import { familyOf, parseIP, contains, parseCIDR } from '../../address/index.ts'
import type { Family } from '../../address/family.ts'
import type { KubeObject } from '../../model/cluster.ts'
import { field, type Trial } from './trial.ts'

export const ports = [{ port: 80 }]
export const selector = { app: 'none' }

/** What a Service says of families: policy, families, and the family of each ClusterIP. */
export interface Stack {
  readonly policy: string | undefined
  readonly families: readonly Family[] | undefined
  readonly clusterIPs: readonly string[] | undefined
}

export const stackOf = (service: KubeObject): Stack => ({
  policy: field(service, 'spec', 'ipFamilyPolicy'),
  families: field(service, 'spec', 'ipFamilies'),
  clusterIPs: field(service, 'spec', 'clusterIPs'),
})

/** The Service has this policy and these families, and a ClusterIP of each in its range, the first being `clusterIP`. */
export function hasStack(
  trial: Trial,
  service: KubeObject,
  policy: string,
  families: readonly Family[],
): void {
  const stack = stackOf(service)
  trial.same([stack.policy, stack.families], [policy, families], 'policy and families')
  const addresses = stack.clusterIPs ?? []
  trial.same(
    addresses.map(text => familyOf(text)),
    families,
    'families of clusterIPs',
  )
  trial.same(field(service, 'spec', 'clusterIP'), addresses[0], 'clusterIP')
  for (const address of addresses) {
    const range = parseCIDR(trial.place.services[familyOf(address)] ?? '')
    trial.holds(contains(range, parseIP(address)), `${address} is not in its range`)
  }
}

/** The same Service with some fields of spec other; undefined takes a field out. */
export const withSpec = (service: KubeObject, fields: object): KubeObject => ({
  ...service,
  spec: { ...(service['spec'] as object), ...fields },
})

export const editService = (trial: Trial, service: KubeObject, fields: object): Promise<KubeObject> =>
  trial.edit('v1/services', trial.namespace, service.metadata.name, found => withSpec(found, fields))

/** Refused as 422 with these words behind the Service's name. */
export const invalid = (trial: Trial, action: Promise<unknown>, says: string): Promise<unknown> =>
  trial.refused(action, 422, 'Invalid', `Service "*" is invalid: ${says}`)
