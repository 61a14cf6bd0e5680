import type { Scenario } from '../scenario.ts'
import { defaultRoute } from './default-route.ts'
import { dns } from './dns.ts'
import { hairpin } from './hairpin.ts'
import { hostPort } from './host-port.ts'
import { longLived } from './long-lived.ts'
import { networkPolicy } from './network-policy.ts'
import { nodeToNodePort, outsideToNodePort } from './node-port.ts'
import { nodeToPod } from './node-to-pod.ts'
import { nodeToService } from './node-to-service.ts'
import { outsideToIngress, outsideToLoadBalancer } from './outside.ts'
import { packetSize } from './packet-size.ts'
import { podToApiServer } from './pod-to-api-server.ts'
import { podToNode } from './pod-to-node.ts'
import { podToOutside } from './pod-to-outside.ts'
import { podToPod } from './pod-to-pod.ts'
import { podToOwnService } from './pod-to-own-service.ts'
import { podToService } from './pod-to-service.ts'
import { affinity } from './session-affinity.ts'

/** Every scenario, from the ground up: what stands first explains what fails below it. */
export const scenarios: readonly Scenario[] = [
  defaultRoute,
  podToPod,
  nodeToPod,
  podToNode,
  packetSize,
  podToService,
  podToOwnService,
  nodeToService,
  hairpin,
  affinity,
  longLived,
  dns,
  podToApiServer,
  podToOutside,
  networkPolicy,
  nodeToNodePort,
  outsideToNodePort,
  hostPort,
  outsideToLoadBalancer,
  outsideToIngress,
]
