import { contains, isGlobalUnicast, tryParseCIDR, tryParseIP } from '../../../address/index.ts'
import type { Family } from '../../../address/family.ts'
import type { InterfaceAddress, NodeFacts } from '../../../model/cluster.ts'

/** What a method finds on a node. */
export type Detected =
  /** Addresses in the order of preference; none: calico-node does not start there. */
  | { readonly addresses: readonly InterfaceAddress[] }
  /** The method itself cannot be understood: calico-node ends itself on every node. */
  | { readonly wrong: string }
  /** Only the node itself can tell (`can-reach` asks its routes, `kubernetes-internal-ip` the Node object). */
  | 'elsewhere'

/** Interfaces that first-found passes over (autodetection/filtered.go). */
const ignored =
  /^(?:docker.*|cbr.*|dummy.*|virbr.*|lxcbr.*|veth.*|lo|cali.*|tunl.*|flannel.*|kube-ipvs.*|cni.*|vxlan\.calico.*|vxlan-v6\.calico.*|wireguard\.cali.*|wg-v6\.cali.*|nodelocaldns.*)$/

/**
 * The addresses that calico-node may take on a node with this method, best first. Interfaces are walked from the last to the first, and
 * only addresses that are global unicast count.
 * https://docs.tigera.io/calico/latest/networking/ipam/ip-autodetection
 */
export function detect(method: string, family: Family, facts: NodeFacts): Detected {
  const usable = facts.addresses
    .filter(address => address.family === family && isUsable(address.address))
    .toReversed()
  const [name = '', value = ''] = split(method)
  switch (name) {
    case '':
    case 'first-found':
      return { addresses: usable.filter(address => !ignored.test(address.interface)) }
    case 'kubernetes-internal-ip':
    case 'can-reach':
      return 'elsewhere'
    case 'cidr':
      return inRanges(value, family, usable)
    case 'interface':
    case 'skip-interface':
      return byName(value, usable, name === 'interface')
    default:
      return { wrong: `${JSON.stringify(method)} is no method` }
  }
}

const isUsable = (text: string): boolean => {
  const ip = tryParseIP(text)
  return ip !== undefined && isGlobalUnicast(ip)
}

function split(method: string): readonly string[] {
  const at = method.indexOf('=')
  return at < 0 ? [method.trim()] : [method.slice(0, at).trim(), method.slice(at + 1).trim()]
}

function inRanges(value: string, family: Family, usable: readonly InterfaceAddress[]): Detected {
  const ranges = value.split(',').map(part => tryParseCIDR(part.trim(), { allowHostBits: true }))
  const wrong = ranges.findIndex(range => range === undefined)
  if (wrong >= 0) return { wrong: `${JSON.stringify(value.split(',')[wrong])} is no CIDR` }
  if (ranges.every(range => range?.family !== family)) return { wrong: `it names no range of ${family}` }
  return {
    addresses: usable.filter(({ address }) => {
      const ip = tryParseIP(address)
      return ranges.some(range => range !== undefined && ip !== undefined && contains(range, ip))
    }),
  }
}

/** A list of regular expressions, which match anywhere in a name unless they are anchored, as Go's do. */
function byName(value: string, usable: readonly InterfaceAddress[], isWanted: boolean): Detected {
  try {
    const patterns = value.split(',').map(part => new RegExp(part.trim(), 'u'))
    const matches = (name: string) => patterns.some(pattern => pattern.test(name))
    return {
      addresses: usable.filter(address =>
        isWanted
          ? matches(address.interface)
          : !matches(address.interface) && !ignored.test(address.interface),
      ),
    }
  } catch {
    return { wrong: `${JSON.stringify(value)} is no regular expression` }
  }
}
