import type { Layer } from '../../model/layer.ts'
import { runsGate, staticPodReads } from '../shared/static-pod.ts'
import { virtualAddressReads } from '../shared/virtual-address.ts'
import { answersGate, serviceCIDRGate } from './gates.ts'
import { simulateAPIServer } from './practice.ts'
import { type APIServerState, component, readAPIServers, serviceCIDRs, statusOfAPIServers } from './read.ts'
import { apiServerNotices, apiServerSteps } from './steps.ts'

/** The API servers' service ranges, and the ServiceCIDR object that follows them. */
export const kubeAPIServer: Layer<APIServerState> = {
  id: component,
  title: 'API servers',
  reads: [...staticPodReads(component), ...virtualAddressReads, { kind: 'list', resource: serviceCIDRs }],
  read: readAPIServers,
  status: statusOfAPIServers,
  steps: (state, goal, stage) => (stage === 'kube-apiserver' ? apiServerSteps(state, goal) : []),
  notices: apiServerNotices,
  gates: { runs: runsGate, answers: answersGate, 'service-cidr': serviceCIDRGate },
  simulate: simulateAPIServer,
}
