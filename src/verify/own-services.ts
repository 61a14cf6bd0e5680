import { families } from '../address/family.ts'
import type { KubeObject } from '../model/cluster.ts'
import { isTestNamespace } from '../model/test-namespace.ts'
import type { OwnService } from './context.ts'
import { nameOf, portsOf } from './entrances.ts'
import { clusterIPsOf } from './gather.ts'

/** Those of both families with a TCP port. DNS is asked by itself; what tests made is nobody's. */
export function ownServices(services: readonly KubeObject[]): readonly OwnService[] {
  return services.flatMap(service => {
    const name = nameOf(service)
    if (isTestNamespace(service.metadata.namespace) || name === 'kube-system/kube-dns') return []
    const clusterIPs = clusterIPsOf(service)
    if (families.some(family => clusterIPs[family] === undefined)) return []
    const port = portsOf(service)[0]?.port
    return port === undefined ? [] : [{ name, clusterIPs, port }]
  })
}
