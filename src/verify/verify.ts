import { networkInterfaces } from 'node:os'
import { type Family, families as bothFamilies } from '../address/family.ts'
import { UsageError } from '../base/errors.ts'
import type { KubeObject } from '../model/cluster.ts'
import { getField } from '../model/fields.ts'
import type { Answer, Ask, Skipped, Verification } from '../model/verification.ts'
import type { World } from '../world/ports.ts'
import type { Context, Exposed, External, Role, ServiceName } from './context.ts'
import { explain } from './explain.ts'
import { exposed, nodeOf, others } from './gather.ts'
import { imageOn } from './image.ts'
import { container, podName, policyObject, serviceObjects, type TestPod } from './objects.ts'
import { isSkipped, type Scenario, type Topic } from './scenario.ts'
import { scenarios } from './scenarios/index.ts'
import { askAll, senders } from './send.ts'
import { create, makeNamespace, removeNamespace, startPods, sweep } from './stage.ts'

export interface VerifyOptions {
  /** Of the scenarios of one subject only. */
  readonly topic?: Topic
  readonly only?: readonly string[]
  readonly skip?: readonly string[]
  readonly families?: readonly Family[]
  /** Asks begun in a second, from all places together. */
  readonly rate: number
  /** Of the test pods; the field's own where it is left out. */
  readonly image?: string
  /** Asked by pods. */
  readonly outside?: readonly External[]
  readonly sctp?: boolean
  readonly hostPorts?: boolean
  readonly signal?: AbortSignal
  readonly tell?: (message: string) => void
}

/** @throws UsageError for the name of no scenario */
function chosen({ topic, only = [], skip = [] }: VerifyOptions): readonly Scenario[] {
  const ids = scenarios.map(({ id }) => id)
  const unknown = [...only, ...skip].find(id => !ids.includes(id))
  if (unknown !== undefined)
    throw new UsageError(`no scenario is called ${JSON.stringify(unknown)}`, `There are ${ids.join(', ')}.`)
  return scenarios.filter(
    scenario =>
      (topic === undefined || scenario.topic === topic) &&
      (only.length === 0 || only.includes(scenario.id)) &&
      !skip.includes(scenario.id),
  )
}

/**
 * Sends real traffic over every path that there is, in each family, and says what came of it. Makes test pods in a namespace of its own,
 * which goes whatever happens; those of a verification that was killed go first.
 * @throws RefusedError `verify.…` when the cluster lets us make none; UnreachableError when it goes away meanwhile
 */
export async function verify(world: World, options: VerifyOptions): Promise<Verification> {
  const list = chosen(options)
  const { signal, tell = () => {}, hostPorts = false } = options
  await sweep(world, signal)
  const [cluster, nodes] = await Promise.all([
    world.api.get('v1/namespaces', undefined, 'kube-system', signal),
    nodesOf(world, signal),
  ])
  const namespace = await makeNamespace(world, hostPorts)
  try {
    tell(`namespace ${namespace}: starting test pods on ${nodes.length} nodes`)
    if (hostPorts)
      tell(
        `--host-ports: Pod Security of namespace ${namespace} is privileged, as a host port is not allowed otherwise`,
      )
    const { context, skipped } = await prepare(world, namespace, nodes, options)
    const made = list.flatMap(scenario => context.families.flatMap(family => scenario.asks(context, family)))
    const asks = made.filter((one): one is Ask => !isSkipped(one))
    const { can, cannot } = fromThisMachine(asks)
    const onRound = (round: number, count: number): void =>
      tell(round === 1 ? `asking ${count} times` : `asking ${count} times again`)
    const answers = await askAll(can, senders(world, context), {
      rate: options.rate,
      clock: world.clock,
      signal,
      onRound,
    })
    const concluded = list.flatMap(scenario => {
      const own = answers.filter(({ ask }) => ask.scenario === scenario.id)
      return scenario.conclude?.(own) ?? own
    })
    return {
      apiVersion: 'dualstack/verify/v1',
      cluster: cluster?.metadata.uid ?? '',
      at: new Date(world.clock.now()).toISOString(),
      families: context.families,
      nodes: nodes.map(({ metadata }) => metadata.name),
      answers: await explain(
        world,
        context,
        concluded.filter((one): one is Answer => !isSkipped(one)),
        signal,
      ),
      skipped: [...skipped, ...made.filter(isSkipped), ...cannot, ...concluded.filter(isSkipped)],
    }
  } finally {
    await removeNamespace(world, namespace)
  }
}

async function nodesOf({ api }: World, signal?: AbortSignal): Promise<readonly KubeObject[]> {
  const nodes: KubeObject[] = []
  for await (const node of api.list('v1/nodes', { signal })) nodes.push(node)
  return nodes.sort((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1))
}

/** Why no test pod of ours can stand on a node; undefined: it can. */
function unfit(node: KubeObject): string | undefined {
  const os = node.metadata.labels?.['kubernetes.io/os'] ?? 'linux'
  if (os !== 'linux') return `it runs ${os}`
  const conditions = (getField(node, ['status', 'conditions']) ?? []) as readonly {
    type?: string
    status?: string
  }[]
  return conditions.some(({ type, status }) => type === 'Ready' && status === 'True')
    ? undefined
    : 'it is not ready'
}

interface Prepared {
  readonly context: Context
  readonly skipped: readonly Skipped[]
}

/** Seconds for test pods to start: an image may have to come first. */
const startWithin = 120

async function prepare(
  world: World,
  namespace: string,
  nodes: readonly KubeObject[],
  options: VerifyOptions,
): Promise<Prepared> {
  const { signal, image, sctp = false, hostPorts = false } = options
  const fit = nodes.filter(node => unfit(node) === undefined)
  const [first, next = first] = fit
  const pod = (role: Role, node: KubeObject): TestPod => ({
    role,
    node: node.metadata.name,
    namespace,
    image: image ?? imageOn(node),
    isSctp: sctp,
    isHostPort: hostPorts && role === 'second',
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
  for (const object of serviceObjects(namespace, sctp)) {
    const made = await create(world, 'v1/services', object, signal)
    services.set(object.metadata.name, exposed(made))
  }
  const [{ testers, missing }, found, verified] = await Promise.all([
    startPods(world, wanted, startWithin, signal),
    others(world, signal),
    Promise.all(fit.map(node => nodeOf(world, node, signal))),
  ])
  const [one] = testers
  const introduced = one === undefined ? undefined : await introduce(world, namespace, one.pod, signal)
  const none: Exposed = { name: '', clusterIPs: {} }
  const service = (name: ServiceName): Exposed => services.get(name) ?? none
  return {
    context: {
      families: options.families ?? bothFamilies,
      namespace,
      nodes: verified,
      testers,
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
      loadBalancers: found.loadBalancers,
      ingresses: found.ingresses,
      outside: options.outside ?? [],
      isSctp: sctp,
      isHostPorts: hostPorts,
      cni: found.cni,
    },
    skipped: [
      ...nodes.flatMap(node => {
        const why = unfit(node)
        return why === undefined ? [] : [{ scenario: 'nodes', reason: `node ${node.metadata.name}: ${why}` }]
      }),
      ...missing.map(({ node, why }) => ({ scenario: 'nodes', reason: `node ${node}: ${why}` })),
    ],
  }
}

/** What the image has, and what the cluster calls itself. */
async function introduce(
  { api }: World,
  namespace: string,
  name: string,
  signal?: AbortSignal,
): Promise<{ readonly isAgnhost: boolean; readonly domain?: string }> {
  const { stdout } = await api.exec(
    { namespace, name, container },
    ['sh', '-c', 'test -x /agnhost && echo agnhost; cat /etc/resolv.conf'],
    { timeoutMs: 30_000, signal },
  )
  const domain = new RegExp(String.raw`^search .*?\b${namespace}\.svc\.(\S+)`, 'm').exec(stdout)?.[1]
  return {
    isAgnhost: /^agnhost$/m.test(stdout),
    ...(domain === undefined ? {} : { domain: domain.replace(/\.$/, '') }),
  }
}

/** Of a family that this machine has no address of, nothing can be asked from here: that says nothing about the cluster. */
function fromThisMachine(asks: readonly Ask[]): {
  readonly can: readonly Ask[]
  readonly cannot: readonly Skipped[]
} {
  const own = Object.values(networkInterfaces()).flatMap(all => all ?? [])
  const has = new Set(
    own
      .filter(({ internal, address }) => !internal && !address.startsWith('fe80:'))
      .map(({ family }) => family),
  )
  const isStuck = ({ from, family }: Ask): boolean => from.kind === 'outside' && !has.has(family)
  const stuck = asks.filter(isStuck)
  const kinds = [...new Map(stuck.map(ask => [`${ask.scenario} ${ask.family}`, ask])).values()]
  return {
    can: asks.filter(ask => !isStuck(ask)),
    cannot: kinds.map(({ scenario, family }) => ({
      scenario,
      family,
      reason: `this machine has no ${family} address to ask from`,
    })),
  }
}
