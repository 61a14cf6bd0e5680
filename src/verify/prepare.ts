import { families as bothFamilies } from '../address/family.ts'
import type { KubeObject } from '../model/cluster.ts'
import { readyOf } from '../model/ready.ts'
import type { Skipped } from '../model/verification.ts'
import type { World } from '../world/ports.ts'
import type { Context, Exposed, Role, ServiceName } from './context.ts'
import { balancedEntrances } from './entrances.ts'
import { exposed, nodeOf, others } from './gather.ts'
import { imageOn } from './image.ts'
import { introduce } from './introduce.ts'
import { ingressEntrances } from './ingress-entrances.ts'
import { podName, policyObject, serviceObjects, type TestPod, usualLifetime } from './objects.ts'
import type { VerifyOptions } from './options.ts'
import { ownAddresses } from './own-addresses.ts'
import { ownServices } from './own-services.ts'
import { create, startPods } from './stage.ts'

/** Why no test pod of ours can stand on a node; undefined: it can. */
function unfit(node: KubeObject): string | undefined {
  const os = node.metadata.labels?.['kubernetes.io/os'] ?? 'linux'
  if (os !== 'linux') return `it runs ${os}`
  return readyOf(node) === undefined ? 'it is not ready' : undefined
}

/** So many of them, as far apart in the list as they can be: control planes mostly have names of their own. */
function spread<T>(all: readonly T[], most = all.length): readonly T[] {
  return all.filter(
    (_, index) => Math.floor((index * most) / all.length) !== Math.floor(((index - 1) * most) / all.length),
  )
}

/** What there is to ask, and what could not be made ready for it. */
export interface Prepared {
  readonly context: Context
  readonly skipped: readonly Skipped[]
}

/** Seconds for test pods to start: an image may have to come first. */
const startWithin = 120

/** Test pods and Services that stand, and what the cluster has besides. */
export async function prepare(
  world: World,
  namespace: string,
  nodes: readonly KubeObject[],
  options: VerifyOptions,
): Promise<Prepared> {
  const { signal, image, sctp = false, hostPorts = false, lifetime = usualLifetime } = options
  const { onlyFamily: family } = options
  const fit = spread(
    nodes.filter(node => unfit(node) === undefined),
    options.mostNodes,
  )
  const [first, next = first] = fit
  const pod = (role: Role, node: KubeObject): TestPod => ({
    role,
    node: node.metadata.name,
    namespace,
    image: image ?? imageOn(node),
    isSctp: sctp,
    isHostPort: hostPorts && role === 'second',
    lifetime,
  })
  const wanted = [
    ...fit.map(node => pod('peer', node)),
    ...(first === undefined ? [] : [pod('second', first)]),
    ...(next === undefined ? [] : [pod('guarded', next)]),
  ]
  if (first !== undefined)
    await create(
      world,
      'networking.k8s.io/v1/networkpolicies',
      policyObject(namespace, podName('peer', first.metadata.name)),
      signal,
    )
  const services = new Map<string, Exposed>()
  for (const object of serviceObjects(namespace, sctp, family)) {
    const made = await create(world, 'v1/services', object, signal)
    services.set(object.metadata.name, exposed(made))
  }
  const [{ testers, missing }, found, verified] = await Promise.all([
    startPods(world, wanted, startWithin, signal),
    others(world, signal),
    Promise.all(fit.map(node => nodeOf(world, node, signal))),
  ])
  const [one] = testers
  const introduced = one === undefined ? undefined : await introduce(world, namespace, one, signal)
  const noSctp = sctp ? introduced?.noSctp : undefined
  const { outward } = found
  const none: Exposed = { name: '', clusterIPs: {} }
  const service = (name: ServiceName): Exposed => services.get(name) ?? none
  return {
    context: {
      families: family === undefined ? (options.families ?? bothFamilies) : [family],
      namespace,
      nodes: verified,
      testers:
        family === undefined
          ? testers
          : testers.map(tester => ({ ...tester, ips: { [family]: tester.ips[family] } })),
      services: {
        web: service('web'),
        affinity: service('affinity'),
        headless: service('headless'),
        hairpin: service('hairpin'),
        nodeport: service('nodeport'),
        'nodeport-local': service('nodeport-local'),
      },
      isAgnhost: introduced?.isAgnhost ?? false,
      ...(found.dns === undefined
        ? {}
        : { dns: { addresses: found.dns, domain: introduced?.domain ?? 'cluster.local' } }),
      apiServer: found.apiServer,
      ownServices: ownServices(outward.services),
      loadBalancers: balancedEntrances(outward.services, outward.resolved, ownAddresses()),
      ingresses: ingressEntrances(outward.ingresses, {
        ...outward,
        nodes: verified,
        given: options.ingress ?? [],
      }),
      outside: options.outside ?? [],
      isSctp: sctp && noSctp === undefined,
      isHostPorts: hostPorts,
      cni: found.cni,
    },
    skipped: [
      ...nodes.flatMap(node => {
        const why = unfit(node)
        return why === undefined ? [] : [{ scenario: 'nodes', reason: `node ${node.metadata.name}: ${why}` }]
      }),
      ...(noSctp === undefined ? [] : [{ scenario: 'pod-to-pod', reason: `no SCTP: ${noSctp}` }]),
      ...missing.map(({ node, why }) => ({ scenario: 'nodes', reason: `node ${node}: ${why}` })),
    ],
  }
}
