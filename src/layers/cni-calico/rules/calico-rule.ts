import type { Family } from '../../../address/family.ts'
import type { Json } from '../../../base/json.ts'
import type { Cluster, KubeObject, Resource } from '../../../model/cluster.ts'
import { getField } from '../../../model/fields.ts'
import type { Rule, Situation, Violation } from '../../../model/rule.ts'
import { type RuleThere, ruleThere } from '../../../rules/cluster-rule.ts'
import { type Calico, isOperated, readAnyCalico } from '../read.ts'

const api = (name: string): Resource => `crd.projectcalico.org/v1/${name}`
export const felixResource = api('felixconfigurations')
export const bgpConfigurationResource = api('bgpconfigurations')
export const peerResource = api('bgppeers')
export const filterResource = api('bgpfilters')
export const hostEndpointResource = api('hostendpoints')
export const globalPolicyResource = api('globalnetworkpolicies')
export const policyResource = api('networkpolicies')
export const globalSetResource = api('globalnetworksets')
export const setResource = api('networksets')
const informationResource = api('clusterinformations')

/** Calico as a rule sees it. */
export interface CalicoFacts {
  readonly calico: Calico
  readonly cluster: Cluster
  readonly situation: Situation
  readonly added: Family
  /** By the Tigera operator, which writes environment and CNI configuration itself. */
  readonly isOperated: boolean
  /** `[3, 28]`; undefined: not known. */
  readonly version: readonly [number, number] | undefined
}

interface CalicoRule extends Omit<RuleThere, 'find' | 'without'> {
  readonly find: (facts: CalicoFacts) => readonly Violation[]
  /** Why it does not apply to this Calico; undefined: it does. */
  readonly unless?: (facts: CalicoFacts) => string | undefined
}

/** A rule about Calico in a cluster that is to get a second family. */
export function calicoRule({ find, unless, reads = [], ...rule }: CalicoRule): Rule<'cluster'> {
  const facts = (situation: Situation, added: Family): CalicoFacts | undefined => {
    const calico = readAnyCalico(situation.cluster)
    if (calico === undefined) return undefined
    const { cluster } = situation
    return { calico, cluster, situation, added, isOperated: isOperated(calico), version: versionOf(calico) }
  }
  return ruleThere({
    ...rule,
    reads: [{ kind: 'list', resource: 'apps/v1/daemonsets' }, ...reads],
    without: ({ cluster }) => (readAnyCalico(cluster) === undefined ? 'there is no Calico here' : undefined),
    find(situation, added) {
      const known = facts(situation, added)
      return known === undefined || unless?.(known) !== undefined ? [] : find(known)
    },
  })
}

/** Felix's parameter as it counts: its environment beats the FelixConfiguration, of which a node's own beats `default`. */
export function felixSetting(calico: Calico, name: string): Json {
  const environment = calico.environment[`FELIX_${name.toUpperCase()}`]
  if (environment !== undefined && environment !== '') return environment
  return getField(defaultOf(calico.cluster, felixResource), ['spec', name])
}

/** A switch: the environment says `true`, `yes` or `1`, a FelixConfiguration a boolean. */
export const isOn = (value: Json): boolean =>
  value === true || (typeof value === 'string' && /^(?:true|yes|1|t|y)$/i.test(value))

const defaultOf = (cluster: Cluster, resource: Resource): KubeObject | undefined =>
  cluster.objects[resource]?.find(({ metadata }) => metadata.name === 'default')

export const bgpSetting = ({ cluster }: Calico, name: string): Json =>
  getField(defaultOf(cluster, bgpConfigurationResource), ['spec', name])

/** By what Calico wrote of itself, else by the tag of its image. */
function versionOf({ cluster, daemonSet }: Calico): CalicoFacts['version'] {
  const written = getField(defaultOf(cluster, informationResource), ['spec', 'calicoVersion'])
  const containers = ['spec', 'template', 'spec', 'containers', 'name=calico-node', 'image']
  const image = getField(daemonSet, containers)
  const match = [written, image]
    .map(text => (typeof text === 'string' ? /(?:^|:)v(\d+)\.(\d+)/.exec(text) : null))
    .find(found => found !== null)
  return match === undefined || match === null ? undefined : [Number(match[1]), Number(match[2])]
}

export const isOlder = ({ version }: CalicoFacts, major: number, minor: number): boolean =>
  version !== undefined && (version[0] < major || (version[0] === major && version[1] < minor))

export const list = (value: Json | undefined): readonly string[] =>
  Array.isArray(value) ? value.filter((one: Json): one is string => typeof one === 'string') : []
