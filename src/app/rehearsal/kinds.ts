import type { Json } from '../../base/json.ts'
import type { KubeObject, NodeFacts, Pod } from '../../model/cluster.ts'
import { getField } from '../../model/fields.ts'
import { isControlPlane } from '../../observe/wanted.ts'

/** What matters for a conversion, as a text: things of one text stand for each other. */

const json = (value: unknown): string => JSON.stringify(value) ?? ''
const keysOf = (value: unknown): readonly string[] =>
  typeof value === 'object' && value !== null ? Object.keys(value).toSorted() : []
const each = <T>(values: readonly T[] | Json, of: (value: T) => string): readonly string[] =>
  Array.isArray(values) ? [...new Set((values as readonly T[]).map(of))].toSorted() : []
/** None, one, two, more: what comes after three is the same again. */
const few = (count: number): number => Math.min(count, 3)

/** Role, versions, taints, and what else the Node says but for its own name and addresses. Of its labels those that something chooses by. */
export function nodeKind(node: KubeObject, chosen: readonly unknown[]): string {
  const info = (key: string): unknown => getField(node, ['status', 'nodeInfo', key])
  return json([
    isControlPlane(node),
    chosen,
    ['osImage', 'kernelVersion', 'containerRuntimeVersion', 'kubeletVersion', 'architecture'].map(info),
    getField(node, ['spec', 'unschedulable']),
    each(getField(node, ['spec', 'taints']), taint =>
      json([getField(taint, ['key']), getField(taint, ['effect'])]),
    ),
    each(getField(node, ['spec', 'podCIDRs']), familyOf),
    each(getField(node, ['status', 'addresses']), address =>
      json([getField(address, ['type']), familyOf(getField(address, ['address']))]),
    ),
    each(getField(node, ['status', 'conditions']), condition =>
      json([getField(condition, ['type']), getField(condition, ['status'])]),
    ),
    keysOf(node.metadata.annotations),
  ])
}

const familyOf = (text: unknown): string =>
  typeof text !== 'string' ? '' : text.includes(':') ? 'IPv6' : text.includes('.') ? 'IPv4' : ''

/** Facts of nodes as texts without what is each one's own. Files that many nodes share are looked at once where they name no node. */
export function factTexts(node: string, addresses: readonly string[]): (facts: NodeFacts) => string {
  const names = [node, ...addresses].filter(name => name !== '').toSorted((a, b) => b.length - a.length)
  const words = new RegExp(`(?<![\\w.:-])(?:${names.map(escaped).join('|')})(?![\\w:-]|\\.\\d)`, 'g')
  const plain = (text: string): string => text.replace(words, '<own>')
  return facts =>
    json([
      Object.entries(facts.files).map(([path, file]) => [
        path,
        file && [file.mode, file.owner, plain(file.text)],
      ]),
      Object.entries(facts.sysctls),
      each(
        facts.addresses.filter(({ scope }) => scope === 'global'),
        ({ family, prefixLength, mtu, flags, interface: name }) =>
          json([family, prefixLength, mtu, flags, /^(?:cali|veth|lxc)/.test(name) ? 'pod' : name]),
      ),
      each(
        facts.routes.filter(({ destination }) => destination === 'default'),
        ({ family, interface: name, protocol }) => json([family, name, protocol]),
      ),
      facts.kubeletArguments?.map(plain),
      facts.manifests,
      facts.kernel,
      facts.firewall &&
        Object.entries(facts.firewall).map(([family, lines]) => [family, plain(lines.join('\n'))]),
      plain((facts.nftables ?? []).join('\n')),
      [facts.upkeep?.cgroup, facts.upkeep?.kubeletVersion],
    ])
}

const escaped = (text: string): string => text.replaceAll(/[\\^$.*+?()[\]{}|]/g, String.raw`\$&`)

/** Kind of owner, how it is rolled out, what its pods hold on to, what budget it has, and how its pods are now. */
export function workloadKind(
  kind: string,
  object: KubeObject | undefined,
  pods: readonly Pod[],
  budgets: readonly KubeObject[],
): string {
  const spec = (path: readonly string[]): Json => getField(object, ['spec', ...path])
  const pod = (path: readonly string[]): Json => spec(['template', 'spec', ...path])
  return json([
    kind,
    few(Number(spec(['replicas']) ?? 1)),
    few(pods.length),
    spec(['strategy']) ?? spec(['updateStrategy']),
    spec(['podManagementPolicy']),
    each(pod(['volumes']), volume =>
      keysOf(volume)
        .filter(key => key !== 'name')
        .join(),
    ),
    Array.isArray(spec(['volumeClaimTemplates'])),
    pod(['hostNetwork']) === true,
    each(pod(['containers']), container =>
      each(getField(container, ['ports']), port => json(getField(port, ['hostPort']) !== null)).join(),
    ),
    keysOf(pod(['affinity'])),
    keysOf(pod(['nodeSelector'])).length > 0,
    pod(['topologySpreadConstraints']) !== null,
    [
      ...keysOf(object?.metadata.annotations),
      ...keysOf(spec(['template', 'metadata', 'annotations'])),
    ].filter(key => /(?:dualstack|projectcalico|cni|ipFamil)/i.test(key)),
    budgets.map(budget => budgetKind(budget)).toSorted(),
    // Of an owner that is not known, and of pods without one, this is all that there is to see.
    each(pods, ({ phase, ready, families, hostNetwork, deleting, waiting, ended, annotations }) =>
      json([
        [phase, ready, families, hostNetwork, deleting, waiting !== undefined, ended !== undefined],
        [keysOf(annotations), annotations?.['cni.projectcalico.org/ipFamilies']],
      ]),
    ),
  ])
}

function budgetKind({ spec, status }: KubeObject): string {
  const most = getField(spec, ['maxUnavailable'])
  const least = getField(spec, ['minAvailable'])
  return json([
    most !== null ? ['most', typeof most] : least !== null ? ['least', typeof least] : [],
    getField(status, ['disruptionsAllowed']) === 0,
  ])
}

/** Its type, its families, what it selects, and who else looks after it. */
export function serviceKind(service: KubeObject, isSelecting: boolean): string {
  const spec = (key: string): Json => getField(service, ['spec', key])
  return json([
    ...['type', 'ipFamilyPolicy', 'ipFamilies', 'externalTrafficPolicy', 'internalTrafficPolicy'].map(spec),
    ...['loadBalancerClass', 'publishNotReadyAddresses', 'sessionAffinity', 'trafficDistribution'].map(spec),
    spec('clusterIP') === 'None',
    keysOf(spec('selector')).length > 0,
    isSelecting,
    each(spec('ports'), port =>
      json([getField(port, ['protocol']), Number(getField(port, ['nodePort'])) > 0]),
    ),
    ['externalIPs', 'loadBalancerSourceRanges', 'loadBalancerIP'].map(key => spec(key) !== null),
    keysOf(service.metadata.annotations).filter(key => !key.endsWith('last-applied-configuration')),
  ])
}
