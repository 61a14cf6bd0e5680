import { type Family, families, type PerFamily } from '../address/family.ts'
import { contains, familyOf, formatCIDR, tryParseCIDR, tryParseIP } from '../address/index.ts'
import type { KubeObject } from '../model/cluster.ts'
import { getField, getText, getTexts } from '../model/fields.ts'
import type { Entrance, External } from './context.ts'

/** How far the name of a load balancer led: addresses, or why to none. */
export type Resolved = ReadonlyMap<string, readonly string[] | string>

export const nameOf = ({ metadata }: KubeObject): string => `${metadata.namespace ?? ''}/${metadata.name}`

interface Told {
  readonly ip?: string
  readonly hostname?: string
  readonly ports?: readonly { readonly port?: number; readonly protocol?: string }[]
}

interface Way {
  readonly address: string
  /** Where the status names ports: the first of TCP. */
  readonly port?: number
}

const told = (object: KubeObject): readonly Told[] =>
  (getField(object, ['status', 'loadBalancer', 'ingress']) ?? []) as readonly Told[]

/** Names that stand where a provider balances by name and not by address. */
export const hostNamesOf = (objects: readonly KubeObject[]): readonly string[] => [
  ...new Set(objects.flatMap(object => told(object).flatMap(({ hostname }) => (hostname ? [hostname] : [])))),
]

/** What the status of a Service or an Ingress names; a name stands for what it leads to. */
export function waysIn(object: KubeObject, resolved: Resolved): readonly Way[] {
  return told(object).flatMap(({ ip, hostname = '', ports = [] }) => {
    const led = resolved.get(hostname)
    const addresses = ip !== undefined ? [ip] : typeof led === 'object' ? led : []
    const port = ports.find(({ protocol = 'TCP' }) => protocol === 'TCP')?.port
    return addresses
      .filter(address => tryParseIP(address) !== undefined)
      .map(address => ({ address, ...(port === undefined ? {} : { port }) }))
  })
}

/** Why the status leads nowhere in a family. */
export function lackOf(noun: string, object: KubeObject, resolved: Resolved, family: Family): string {
  const [first] = told(object).flatMap(({ hostname }) => (hostname ? [hostname] : []))
  if (first === undefined)
    return told(object).length === 0
      ? `${noun} has no address in its status`
      : `${noun} has no ${family} address`
  const led = resolved.get(first)
  return typeof led === 'string'
    ? `${noun} is reached by the name ${first}, and this machine cannot resolve it: ${led}`
    : `${noun} is reached by the name ${first}, which has no ${family} address`
}

interface Port {
  readonly name?: string
  readonly port?: number
  readonly nodePort?: number
  readonly protocol?: string
}
export const portsOf = (service: KubeObject): readonly Port[] =>
  ((getField(service, ['spec', 'ports']) ?? []) as readonly Port[]).filter(
    ({ protocol = 'TCP' }) => protocol === 'TCP',
  )

export const isBalanced = (service: KubeObject): boolean =>
  getText(service, ['spec', 'type']) === 'LoadBalancer'

/** Services of type LoadBalancer. `own`: addresses of this machine, from which they are asked. */
export function balancedEntrances(
  services: readonly KubeObject[],
  resolved: Resolved,
  own: readonly string[],
): readonly Entrance[] {
  return services.filter(isBalanced).map(service => {
    const name = nameOf(service)
    const noun = `the Service ${name}`
    const ports = portsOf(service)
    const targets = waysIn(service, resolved).flatMap(({ address }): readonly External[] =>
      ports.map(({ port = 0 }) => ({ name, family: familyOf(address), address, port })),
    )
    return entrance(name, targets, family => {
      if (ports.length === 0)
        return `${noun} has no TCP port, and what it answers to over others is not known here`
      const closed = closedTo(service, family, own)
      if (closed !== undefined) return `${noun} lets in ${closed} alone, and not this machine`
      if (targets.some(target => target.family === family)) return undefined
      const lack = lackOf(noun, service, resolved, family)
      return told(service).length === 0 ? `${lack}: nobody gave it one` : lack
    })
  })
}

/** The ranges of a family that the Service lets in, if this machine has no address in them. Without a range of the family everybody is let in. */
function closedTo(service: KubeObject, family: Family, own: readonly string[]): string | undefined {
  const ranges = getTexts(service, ['spec', 'loadBalancerSourceRanges']).flatMap(text => {
    const range = tryParseCIDR(text.trim(), { allowHostBits: true })
    return range?.family === family ? [range] : []
  })
  const isIn = (address: string): boolean => {
    const ip = tryParseIP(address)
    return ip !== undefined && ranges.some(range => contains(range, ip))
  }
  return ranges.length === 0 || own.some(isIn) ? undefined : ranges.map(formatCIDR).join(', ')
}

/** What is to be asked in each family, or why nothing is. */
export function entrance(
  name: string,
  targets: readonly External[],
  lackIn: (family: Family) => string | undefined,
): Entrance {
  const lacks: PerFamily<string> = Object.fromEntries(
    families.flatMap(family => {
      const lack = lackIn(family)
      return lack === undefined ? [] : [[family, lack] as const]
    }),
  )
  return { name, targets: targets.filter(({ family }) => lacks[family] === undefined), lacks }
}
