import type { Layer } from '../../model/layer.ts'
import { runsGate, staticPodReads } from '../shared/static-pod.ts'
import { leadsGate, nodesFitGate } from './gates.ts'
import {
  component,
  type ControllerManagerState,
  readControllerManagers,
  statusOfControllerManagers,
} from './read.ts'
import { simulateControllerManager } from './practice.ts'
import { controllerManagerNotices, controllerManagerSteps } from './steps.ts'

/** The controller managers' pod and service ranges, and the masks of the nodes' blocks. */
export const kubeControllerManager: Layer<ControllerManagerState> = {
  id: component,
  title: 'Controller managers',
  reads: staticPodReads(component),
  read: readControllerManagers,
  status: statusOfControllerManagers,
  steps: (state, goal, stage) => (stage === component ? controllerManagerSteps(state, goal) : []),
  notices: controllerManagerNotices,
  gates: { runs: runsGate, leads: leadsGate, 'pod-cidrs-fit': nodesFitGate },
  simulate: simulateControllerManager,
}
