import { createHash } from 'node:crypto'
import { type Family, families } from '../../address/family.ts'
import { familyOf, tryParseIP } from '../../address/index.ts'
import { fieldChange, fileOf, findObject, objectChange, textChange } from '../../model/changes.ts'
import type { Cluster, NodeFile } from '../../model/cluster.ts'
import { getField } from '../../model/fields.ts'
import type { Change } from '../../model/plan.ts'
import type { Exit, Simulation } from '../../model/simulation.ts'
import { getIpam, setIpamFields } from '../../text/json-template.ts'
import { wiring } from './addresses.ts'
import { assignedBy, fields } from './assignment.ts'
import { assignFrom, releaseFrom } from './practice-ipam.ts'
import { type Calico, poolResource, readCalico } from './read.ts'

/** How Calico of a manifest behaves: calico-node on its node when it starts, its CNI plugin when a sandbox is made. */
export const simulateCalico: Simulation = {
  starts(cluster, pod) {
    if (pod.owner?.kind !== 'DaemonSet' || pod.owner.name !== 'calico-node') return undefined
    const calico = readCalico(cluster)
    if (calico === undefined || pod.namespace !== calico.namespace) return undefined
    const found = findAddresses(calico, pod.node)
    return 'exits' in found ? found : [...writeConflist(calico, pod.node), ...found, ...makePools(calico)]
  },
  assigns(cluster, pod) {
    const calico = readCalico(cluster)
    if (calico === undefined) return undefined
    const file = fileOf(cluster, pod.node, calico.conflist)
    if (file === undefined || file === null)
      return { exits: 'network plugin is not ready: cni config uninitialized' }
    const { isCalico, families: assigned } = assignmentOf(file)
    return isCalico ? assignFrom(cluster, calico, pod, assigned) : undefined
  },
  releases: (cluster, pod) => releaseFrom(cluster, pod),
}

interface Assignment {
  readonly isCalico: boolean
  readonly families: readonly Family[]
}

/** What a node's CNI configuration says of each of its pods: understood once. */
const known = new WeakMap<NodeFile, Assignment>()

function assignmentOf(file: NodeFile): Assignment {
  const before = known.get(file)
  if (before !== undefined) return before
  const isCalico = getIpam(file.text)?.['type'] === 'calico-ipam'
  const found = { isCalico, families: isCalico ? assignedBy(file.text) : [] }
  known.set(file, found)
  return found
}

/** install-cni writes the file of its node from the ConfigMap, whenever the pod starts. */
function writeConflist({ cluster, config, conflist }: Calico, node: string): readonly Change[] {
  const text = fileOf(cluster, node, conflist)?.text
  if (config === undefined || text === undefined) return []
  const ipam = getIpam(config) ?? {}
  const wanted = Object.fromEntries(
    families.map(family => {
      const value = ipam[fields[family].key]
      return [fields[family].key, typeof value === 'string' ? value : null]
    }),
  )
  const change = textChange({ kind: 'file', node, path: conflist }, text, setIpamFields(text, wanted))
  return change === undefined ? [] : [change]
}

/** Its address of each family that is on, kept as an annotation of the Node; a family that is not on keeps what it found once (startup.go). */
function findAddresses({ cluster, environment }: Calico, name: string): readonly Change[] | Exit {
  const node = findObject(cluster, 'v1/nodes', undefined, name)
  const changes: Change[] = []
  for (const family of families) {
    const { address, method, annotation } = wiring[family]
    const value = environment[address]
    if (value === undefined || value === '' || value === 'none') continue
    const found =
      value === 'autodetect'
        ? detect(cluster, name, family, environment[method] ?? 'first-found')
        : withPrefix(cluster, name, value)
    if (found === undefined) {
      return {
        exits: `Failed to autodetect an ${family} address: Unable to auto-detect an ${family} address`,
      }
    }
    const change = objectChange({ kind: 'object', api: 'v1/nodes', name }, [
      fieldChange(node, ['metadata', 'annotations', annotation], found),
    ])
    if (change !== undefined) changes.push(change)
  }
  return changes
}

/** `kubernetes-internal-ip` asks the Node; the others look at interfaces, of which the first that reports an address will do here. */
function detect(cluster: Cluster, name: string, family: Family, method: string): string | undefined {
  const addresses = getField(findObject(cluster, 'v1/nodes', undefined, name), ['status', 'addresses'])
  const internal = ((addresses ?? []) as readonly { type: string; address: string }[]).find(
    one => one.type === 'InternalIP' && familyOf(one.address) === family,
  )?.address
  if (internal !== undefined) return withPrefix(cluster, name, internal)
  if (method === 'kubernetes-internal-ip') return undefined
  const first = cluster.nodes[name]?.addresses.find(one => one.family === family && one.scope === 'global')
  return first && `${first.address}/${first.prefixLength}`
}

function withPrefix(cluster: Cluster, name: string, text: string): string | undefined {
  if (text.includes('/')) return text
  const wanted = tryParseIP(text)
  const known = cluster.nodes[name]?.addresses.find(one => tryParseIP(one.address)?.value === wanted?.value)
  return wanted && `${text}/${known?.prefixLength ?? (wanted.family === 'IPv4' ? 32 : 128)}`
}

/** A family that is on and has no pool gets one, with a random prefix for IPv6 (startup.go, configureIPPools). */
function makePools({ pools, environment, cluster }: Calico): readonly Change[] {
  if (environment['NO_DEFAULT_POOLS'] === 'true' || environment['FELIX_IPV6SUPPORT'] !== 'true') return []
  if (pools.some(pool => pool.family === 'IPv6')) return []
  const random = createHash('sha256').update(cluster.uid).digest('hex').slice(0, 10)
  const cidr = `fd${random.slice(0, 2)}:${random.slice(2, 6)}:${random.slice(6, 10)}::/48`
  return [
    {
      target: { kind: 'object', api: poolResource, name: 'default-ipv6-ippool' },
      existence: 'create',
      fields: [
        { path: ['apiVersion'], before: null, after: 'crd.projectcalico.org/v1' },
        { path: ['kind'], before: null, after: 'IPPool' },
        {
          path: ['spec'],
          before: null,
          after: { cidr, blockSize: 122, ipipMode: 'Never', vxlanMode: 'Never', nodeSelector: 'all()' },
        },
      ],
    },
  ]
}
