import type { ContractCase } from './case.ts'
import { apiServer } from './cases/api-server.ts'
import { calico } from './cases/calico.ts'
import { controllerManager } from './cases/controller-manager.ts'
import { endpoints } from './cases/endpoints.ts'
import { evictions } from './cases/evictions.ts'
import { kubelet } from './cases/kubelet.ts'
import { leaseCases } from './cases/lease.ts'
import { lists } from './cases/lists.ts'
import { nodeFiles } from './cases/node-files.ts'
import { nodeCases } from './cases/nodes.ts'
import { podCases } from './cases/pods.ts'
import { rollouts } from './cases/rollouts.ts'
import { serviceCIDR } from './cases/service-cidr.ts'
import { servicesCarried } from './cases/services-carried.ts'
import { servicesDual } from './cases/services-dual.ts'
import { servicesSingle } from './cases/services-single.ts'
import { staticPods } from './cases/static-pods.ts'
import { storage } from './cases/storage.ts'

export type { CaseResult, ContractCase } from './case.ts'
export { runSuite } from './suite.ts'

/**
 * What the practice cluster promises, and a real one does. The same cases run against both: `contract.test.ts` here, `lab/test/contract.lab.ts`
 * on a real control plane. The order is that in which they run within a phase: what restarts things comes last.
 */
export const contract: readonly ContractCase[] = [
  ...storage,
  ...lists,
  ...leaseCases,
  ...servicesSingle,
  ...servicesDual,
  ...servicesCarried,
  ...serviceCIDR,
  ...nodeCases,
  ...podCases,
  ...endpoints,
  ...rollouts,
  ...evictions,
  ...calico,
  ...nodeFiles,
  ...apiServer,
  ...kubelet,
  ...staticPods,
  ...controllerManager,
]
