import { type Family, families, type PerFamily } from '../address/family.ts'
import { familyOf } from '../address/index.ts'
import type { KubeObject } from '../model/cluster.ts'
import { getField, getText, getTexts } from '../model/fields.ts'
import type { Entrance, External, VerifiedNode } from './context.ts'
import { entrance, isBalanced, lackOf, nameOf, portsOf, type Resolved, waysIn } from './entrances.ts'

/** What there is to be looked through for the way to an Ingress controller. */
export interface Around {
  readonly services: readonly KubeObject[]
  readonly classes: readonly KubeObject[]
  readonly nodes: readonly VerifiedNode[]
  readonly resolved: Resolved
  /** `namespace/name` of a Service → nodes with a ready endpoint of it; absent: every node passes on to one. */
  readonly carriers: ReadonlyMap<string, readonly string[]>
  /** By the user: they go before everything that is found. */
  readonly given: readonly External[]
}

interface Way {
  readonly address: string
  readonly port: number
}

/**
 * Ingresses, each asked where its status says. How-tos often leave no address there, or one that the outside does not reach: the ClusterIP of the
 * controller's Service, or nodes that listen on another port. Then the node port of that Service is asked.
 */
export function ingressEntrances(ingresses: readonly KubeObject[], around: Around): readonly Entrance[] {
  return ingresses.map(ingress => {
    const name = nameOf(ingress)
    const noun = `the Ingress ${name}`
    const requests = requestsOf(ingress)
    const at = (ways: readonly Way[], lack: (family: Family) => string): Entrance => {
      const targets = requests.flatMap(request =>
        ways.map(way => ({ name, family: familyOf(way.address), ...way, ...request })),
      )
      return entrance(name, targets, family =>
        requests.length === 0
          ? `every host of ${noun} has a wildcard: there is no name to ask for`
          : targets.some(target => target.family === family)
            ? undefined
            : lack(family),
      )
    }
    if (around.given.length > 0) return at(around.given, family => `--ingress names no ${family} address`)
    const controller = controllerOf(ingress, around)
    const port = controller === undefined ? undefined : webPort(controller)
    const status = waysIn(ingress, around.resolved)
      .filter(way => !isInside(way, around, port !== undefined && !isBalanced(controller ?? ingress)))
      .map(({ address, port: named = 80 }) => ({ address, port: named }))
    if (status.length > 0) return at(status, family => lackOf(noun, ingress, around.resolved, family))
    if (controller === undefined || port === undefined)
      return at([], family => whyUnknown(noun, ingress, around, family))
    const serves = nameOf(controller)
    const on = nodeFor(controller, around)
    const ways = families.flatMap(family =>
      on[family] !== undefined && familiesOf(controller).includes(family)
        ? [{ address: on[family], port }]
        : [],
    )
    return at(ways, family =>
      on[family] === undefined
        ? `${noun} is reached by a node port of the Service ${serves}, and no Node that answers there has an ${family} address`
        : `${noun} is reached by a node port of the Service ${serves}, which has no ${family}`,
    )
  })
}

/** One path of each host is enough: the way in is the same. Wildcards name no host that could be asked for. */
function requestsOf(ingress: KubeObject): readonly Pick<External, 'host' | 'path'>[] {
  const rules = (getField(ingress, ['spec', 'rules']) ?? []) as readonly {
    host?: string
    http?: { paths?: readonly { path?: string }[] }
  }[]
  if (rules.length === 0) return getField(ingress, ['spec', 'defaultBackend']) === null ? [] : [{ path: '/' }]
  return rules
    .filter(({ host }) => host?.includes('*') !== true)
    .map(({ host, http }) => ({
      path: http?.paths?.[0]?.path ?? '/',
      ...(host === undefined ? {} : { host }),
    }))
}

const defaultMark = 'ingressclass.kubernetes.io/is-default-class'
const olderMark = 'kubernetes.io/ingress.class'

function classOf(ingress: KubeObject, classes: readonly KubeObject[]): string | undefined {
  return (
    getText(ingress, ['spec', 'ingressClassName']) ??
    ingress.metadata.annotations?.[olderMark] ??
    classes.find(({ metadata }) => metadata.annotations?.[defaultMark] === 'true')?.metadata.name
  )
}

/** Labels that Helm charts and most manifests put on all that belongs together (Kubernetes' recommended labels). */
const together = ['app.kubernetes.io/name', 'app.kubernetes.io/instance'] as const

/** The Service of the controller that answers for an Ingress: the one whose ClusterIP its status names, else one labelled as its class is. */
export function controllerOf(
  ingress: KubeObject,
  { services, classes, resolved }: Pick<Around, 'services' | 'classes' | 'resolved'>,
): KubeObject | undefined {
  const said = waysIn(ingress, resolved).map(({ address }) => address)
  const published = services.find(service => clusterIPsOf(service).some(address => said.includes(address)))
  if (published !== undefined) return published
  const wanted = classOf(ingress, classes)
  const labels = classes.find(({ metadata }) => metadata.name === wanted)?.metadata.labels ?? {}
  const marks = together.filter(label => labels[label] !== undefined)
  if (marks.length === 0) return undefined
  return services.find(
    service =>
      webPort(service) !== undefined &&
      marks.every(label => service.metadata.labels?.[label] === labels[label]),
  )
}

const clusterIPsOf = (service: KubeObject): readonly string[] =>
  getTexts(service, ['spec', 'clusterIPs']).filter(address => address !== 'None')

const familiesOf = (service: KubeObject): readonly string[] => getTexts(service, ['spec', 'ipFamilies'])

/** The node port that speaks HTTP; undefined: it has none. */
const webPort = (service: KubeObject): number | undefined =>
  portsOf(service).find(
    ({ name = '', port, nodePort }) =>
      nodePort !== undefined && nodePort > 0 && (port === 80 || ['http', 'web'].includes(name)),
  )?.nodePort

/** Is the address of no use to whoever is outside? A ClusterIP; a Node's, where the controller listens on a node port that the status does not name. */
function isInside(
  { address, port }: { address: string; port?: number },
  { services, nodes }: Around,
  isByNodePort: boolean,
): boolean {
  const isNode = nodes.some(node => Object.values(node.addresses).includes(address))
  return (
    services.some(service => clusterIPsOf(service).includes(address)) ||
    (isNode && isByNodePort && port === undefined)
  )
}

/** Addresses of one node: a node port is the same on each that passes on. */
function nodeFor(service: KubeObject, { nodes, carriers }: Around): PerFamily<string> {
  const names = carriers.get(nameOf(service))
  const passing = nodes.filter(({ name }) => names === undefined || names.includes(name))
  return passing.toSorted((a, b) => count(b) - count(a))[0]?.addresses ?? {}
}
const count = ({ addresses }: VerifiedNode): number => Object.keys(addresses).length

function whyUnknown(
  noun: string,
  ingress: KubeObject,
  { classes, resolved }: Around,
  family: Family,
): string {
  const wanted = classOf(ingress, classes)
  const lack = lackOf(noun, ingress, resolved, family)
  if (wanted === undefined) return `${lack}; it names no IngressClass, and none is the default`
  return classes.some(({ metadata }) => metadata.name === wanted)
    ? `${lack}, and no Service of node ports is labelled as its IngressClass ${wanted} is: --ingress ADDRESS:PORT names the way in`
    : `${lack}: its IngressClass ${wanted} is not there`
}
