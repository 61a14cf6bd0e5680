import type { KubeObject } from '../model/cluster.ts'
import { getField, getText } from '../model/fields.ts'
import type { Answer, Ask, Evidence } from '../model/verification.ts'
import { DualStackError, messageOf } from '../base/errors.ts'
import type { World } from '../world/ports.ts'
import type { Context } from './context.ts'
import { scenarios } from './scenarios/index.ts'

/** Beyond, they say the same again. */
const most = 40

/** Looks at what belongs to each failure: of nothing that works is anything read. */
export async function explain(
  world: World,
  context: Context,
  answers: readonly Answer[],
  signal?: AbortSignal,
): Promise<readonly Answer[]> {
  const failed = answers.filter(({ outcome }) => outcome === 'failed')
  if (failed.length === 0) return answers
  const looked = failed.slice(0, most)
  const [slices, ways] = await Promise.all([
    listSlices(world, context, looked, signal),
    waysOf(world, context, looked, signal),
  ])
  const known = new Set(looked)
  return answers.map(answer => {
    if (answer.outcome === 'passed') return answer
    const evidence = known.has(answer) ? evidenceOf(answer.ask, context, slices, ways) : []
    return {
      ...answer,
      ...(evidence.length > 0 && { evidence }),
      layer: blame(answer, answers, evidence, context),
    }
  })
}

/** Request, way, endpoints: in the order in which a packet meets them. */
function evidenceOf(
  ask: Ask,
  context: Context,
  slices: readonly KubeObject[],
  ways: ReadonlyMap<string, string>,
): readonly Evidence[] {
  const { address = '', port, protocol, host, path, record, size, from } = ask
  const target = port === undefined ? address : `${address.includes(':') ? `[${address}]` : address}:${port}`
  const details = [record, host, path, size === undefined ? undefined : `${size} bytes`].filter(
    part => part !== undefined,
  )
  // Nothing was sent where a default route was looked at.
  const sent = protocol === 'ICMP' && address === '' ? [] : [protocol, target, ...details]
  const way = from.node === undefined ? undefined : ways.get(`${from.node} ${address}`)
  const service = serviceOf(ask, context)
  return [
    ...(sent.length === 0 ? [] : [{ of: 'request', says: sent.join(' ') }]),
    ...(way === undefined
      ? []
      : [{ of: `ip route get ${address}; ip neigh (${from.node ?? ''})`, says: way }]),
    ...(service === undefined
      ? []
      : [
          {
            of: `${ask.family} endpoints of ${service.namespace === context.namespace ? service.name : `${service.namespace}/${service.name}`}`,
            says: endpointsOf(slices, service, ask.family).join(' ') || 'none',
          },
        ]),
  ]
}

interface ServiceName {
  readonly namespace: string
  readonly name: string
}

/** The Service behind what was asked: one of the test's, DNS, or one of the user's. */
function serviceOf({ to, host, scenario }: Ask, { namespace }: Context): ServiceName | undefined {
  if (to.kind === 'dns') return { namespace: 'kube-system', name: 'kube-dns' }
  if (host === undefined && to.kind === 'service' && !scenario.startsWith('outside')) {
    const [first = '', second] = to.name.split('/')
    return second === undefined ? { namespace, name: first } : { namespace: first, name: second }
  }
  return scenario.endsWith('node-port') ? { namespace, name: 'nodeport' } : undefined
}

function endpointsOf(
  slices: readonly KubeObject[],
  { namespace, name }: ServiceName,
  family: string,
): readonly string[] {
  return slices
    .filter(
      slice =>
        slice.metadata.namespace === namespace &&
        slice.metadata.labels?.['kubernetes.io/service-name'] === name &&
        getText(slice, ['addressType']) === family,
    )
    .flatMap(
      slice =>
        (getField(slice, ['endpoints']) ?? []) as readonly {
          addresses?: readonly string[]
          conditions?: { ready?: boolean }
        }[],
    )
    .flatMap(({ addresses = [], conditions }) =>
      addresses.map(address => (conditions?.ready === false ? `${address} (not ready)` : address)),
    )
}

async function listSlices(
  { api }: World,
  context: Context,
  failed: readonly Answer[],
  signal?: AbortSignal,
): Promise<readonly KubeObject[]> {
  const namespaces = new Set(failed.flatMap(({ ask }) => serviceOf(ask, context)?.namespace ?? []))
  const found: KubeObject[] = []
  try {
    for (const one of namespaces)
      for await (const slice of api.list('discovery.k8s.io/v1/endpointslices', { namespace: one, signal }))
        found.push(slice)
  } catch (error) {
    if (!(error instanceof DualStackError)) throw error
  }
  return found
}

/** `NODE ADDRESS` → what the node's kernel would do with it. */
async function waysOf(
  { nodes }: World,
  context: Context,
  failed: readonly Answer[],
  signal?: AbortSignal,
): Promise<ReadonlyMap<string, string>> {
  const wanted = new Map<string, Set<string>>()
  for (const { ask } of failed) {
    const { node } = ask.from
    if (node === undefined || ask.address === undefined) continue
    if (context.nodes.find(({ name }) => name === node)?.unasked !== undefined) continue
    wanted.set(node, (wanted.get(node) ?? new Set()).add(ask.address))
  }
  const told = await Promise.all(
    [...wanted].map(async ([node, addresses]) => {
      try {
        const { ways = {} } = await nodes.facts(node, { ways: [...addresses] }, signal)
        return Object.entries(ways).map(([address, says]): [string, string] => [`${node} ${address}`, says])
      } catch (error) {
        if (signal?.aborted === true || !(error instanceof DualStackError)) throw error
        return [...addresses].map((address): [string, string] => [
          `${node} ${address}`,
          `could not be asked: ${messageOf(error)}`,
        ])
      }
    }),
  )
  return new Map(told.flat())
}

/** The lowest layer that would explain it: what works below it is taken from the other answers. */
function blame(
  answer: Answer,
  all: readonly Answer[],
  evidence: readonly Evidence[],
  { cni }: Context,
): string {
  const { ask, seen } = answer
  const own = scenarios.find(({ id }) => id === ask.scenario)?.layer ?? 'cni'
  const named = (layer: string): string => (layer === 'cni' ? cni : layer)
  if (seen.includes(`has no ${ask.family} address`)) return named(ask.to.kind === 'node' ? 'kubelet' : 'cni')
  if (ask.protocol === 'ICMP') return 'host'
  // Test pods have the family: it is their endpoints that nobody made. Pods of the user's may never have had it.
  if (evidence.some(({ of, says }) => of.includes('endpoints of') && says === 'none'))
    return ask.scenario === 'pod-to-own-service' ? 'workloads' : 'kube-controller-manager'
  const same = all.filter(({ ask: other }) => other.family === ask.family)
  const fails = (scenario: string): boolean =>
    scenario !== ask.scenario && same.some(one => one.ask.scenario === scenario && one.outcome === 'failed')
  if (own !== 'cni' && own !== 'host' && (fails('pod-to-pod') || fails('node-to-pod'))) return cni
  if (own === 'dns' && fails('pod-to-service')) return 'kube-proxy'
  return named(own)
}
