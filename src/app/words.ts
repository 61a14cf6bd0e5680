import { type Family, type PerFamily } from '../address/family.ts'
import { parseIP } from '../address/index.ts'
import { UsageError } from '../base/errors.ts'
import type { Goal } from '../model/goal.ts'
import type { Intent } from '../plan/intent.ts'

/** What a person says on a command line or a page, as words. */
export interface Words {
  readonly to?: 'dual' | 'single'
  readonly pods?: string
  readonly services?: string
  readonly nodeMask?: string
  readonly encapsulation?: Encapsulation
  readonly nat?: boolean
  readonly include?: readonly string[]
  /** `n1=fd00::11` */
  readonly nodeAddress?: readonly string[]
}

type Encapsulation = 'none' | 'vxlan' | 'vxlan-cross-subnet'

const calico: Record<Encapsulation, Goal['calico']['encapsulation']> = {
  none: 'None',
  vxlan: 'VXLAN',
  'vxlan-cross-subnet': 'VXLANCrossSubnet',
}

/** What is left alone unless it is asked for, by the words of `--include`. */
const includable: Readonly<Record<string, keyof Goal['include']>> = {
  'bare-pods': 'barePods',
  jobs: 'jobs',
  'on-delete': 'onDelete',
  headless: 'headlessServices',
  'load-balancers': 'loadBalancerServices',
}
const inclusions: readonly string[] = Object.keys(includable)

/** @throws UsageError that names the word that is wrong; ranges are judged by `decide`, which knows the cluster */
export function intentOf(words: Words): Intent {
  const include = (words.include ?? []).map(word => {
    const key = Object.hasOwn(includable, word) ? includable[word] : undefined
    if (!key) throw new UsageError(`--include does not know '${word}'`, `It knows ${inclusions.join(', ')}.`)
    return [key, true] as const
  })
  return {
    ...(words.to !== undefined && { to: words.to }),
    ...(words.pods !== undefined && { pods: words.pods }),
    ...(words.services !== undefined && { services: words.services }),
    ...(words.nodeMask !== undefined && { nodeMask: maskOf(words.nodeMask) }),
    ...(words.encapsulation !== undefined && { encapsulation: calico[words.encapsulation] }),
    ...(words.nat !== undefined && { natOutgoing: words.nat }),
    ...(include.length > 0 && { include: Object.fromEntries(include) }),
    ...(words.nodeAddress &&
      words.nodeAddress.length > 0 && { nodeAddresses: addressesOf(words.nodeAddress) }),
  }
}

function maskOf(text: string): number {
  const bare = text.replace(/^\//, '')
  if (/^(?:[1-9]\d{0,2})$/.test(bare) && Number(bare) <= 128) return Number(bare)
  throw new UsageError(
    `--node-mask ${text} is not a prefix length`,
    'A number such as 64: the size of a node’s pod block.',
  )
}

function addressesOf(pairs: readonly string[]): Record<string, PerFamily<string>> {
  const found = new Map<string, { [F in Family]?: string }>()
  for (const pair of pairs) {
    const equals = pair.indexOf('=')
    const node = pair.slice(0, equals)
    if (equals < 1)
      throw new UsageError(
        `--node-address ${pair} is not NODE=IP`,
        'For instance --node-address n1=fd00::11.',
      )
    const text = pair.slice(equals + 1)
    const { family } = parseIP(text)
    const addresses = found.get(node) ?? {}
    if (addresses[family] !== undefined && addresses[family] !== text)
      throw new UsageError(
        `--node-address names two ${family} addresses for ${node}: ${addresses[family]} and ${text}`,
        'A node has one address a family.',
      )
    found.set(node, { ...addresses, [family]: text })
  }
  return Object.fromEntries(found)
}
