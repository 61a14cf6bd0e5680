import type { RefusedError } from '../../base/errors.ts'
import { findObject, fileOf } from '../../model/changes.ts'
import type { Cluster } from '../../model/cluster.ts'
import { getField, getTexts } from '../../model/fields.ts'
import type { StatusRow } from '../../model/layer.ts'
import { readFlags } from '../../text/manifest.ts'
import { type Attempt, attempt } from '../shared/edit.ts'
import { byFamily } from '../shared/pair.ts'
import { rowsOf } from '../shared/rows.ts'
import { instancesOf, manifestPath, noteOf, runningFlags } from '../shared/static-pod.ts'
import { minorOf } from '../../base/version.ts'

export const component = 'kube-apiserver'
export const rangeFlag = 'service-cluster-ip-range'
export const serviceCIDRs = 'networking.k8s.io/v1/servicecidrs'

export interface APIServerState {
  readonly cluster: Cluster
  readonly instances: readonly Instance[]
  /** spec.cidrs of ServiceCIDR `kubernetes`; undefined: there is none, or it was not read. */
  readonly serviceCIDR: readonly string[] | undefined
}

export interface Instance {
  readonly node: string
  /** --service-cluster-ip-range in the manifest; undefined: not there or not read. */
  readonly configured: string | undefined
  readonly running: string | undefined
  /** Why its manifest cannot be understood. */
  readonly refused: RefusedError | undefined
}

export function readAPIServers(cluster: Cluster): APIServerState | undefined {
  const nodes = instancesOf(cluster, component)
  if (nodes.length === 0) return undefined
  return {
    cluster,
    instances: nodes.map(node => {
      const { value: configured, refused } = configuredRange(cluster, node)
      return { node, configured, refused, running: runningFlags(cluster, node, component)?.get(rangeFlag) }
    }),
    serviceCIDR: serviceCIDROf(cluster),
  }
}

function configuredRange(cluster: Cluster, node: string): Attempt<string | undefined> {
  const path = manifestPath(component)
  const file = fileOf(cluster, node, path)
  return attempt(`${node}:${path}`, () => (file ? readFlags(file.text, component).get(rangeFlag) : undefined))
}

export function serviceCIDROf(cluster: Cluster): readonly string[] | undefined {
  const found = findObject(cluster, serviceCIDRs, undefined, 'kubernetes')
  return getField(found, ['spec', 'cidrs']) === null ? undefined : getTexts(found, ['spec', 'cidrs'])
}

/**
 * From 1.33 the default ServiceCIDR becomes a pair by itself when the flag does (defaultservicecidr controller). Before that there is none, or
 * it stays as it is, and the flag alone counts.
 */
export const followsFlag = (cluster: Cluster): boolean => minorOf(cluster.version) >= 33

export function statusOfAPIServers(state: APIServerState): readonly StatusRow[] {
  const instances = state.instances.map(({ node, configured, running, refused }) => ({
    node,
    row: {
      configured: byFamily(configured),
      running: byFamily(running),
      ...noteOf(refused, running !== undefined),
    },
  }))
  const rows = rowsOf(component, instances)
  if (state.serviceCIDR === undefined) return rows
  const cidrs = byFamily(state.serviceCIDR.join())
  return [...rows, { subject: 'ServiceCIDR kubernetes', configured: cidrs, running: cidrs }]
}
