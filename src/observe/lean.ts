import type { KubeObject, OwnerReference, Resource } from '../model/cluster.ts'
import { isRecord, type RawRecord } from '../world/api/record.ts'
import { trimmed } from './trim.ts'

/** Gives the one value that is kept of all that are equal to it. */
type Share = (value: unknown) => unknown

/**
 * What no layer, rule or gate reads, by resource, left out where a live cluster is read: of a large one it would be most of what is kept.
 * Whoever reads a new field of these resources finds it missing here first. Bundles stay whole: they are for people, and practice clusters
 * are made of them.
 */
const projections: Readonly<Record<Resource, (object: KubeObject, share: Share) => RawRecord>> = {
  'v1/nodes': ({ status }, share) => ({
    status: changed(
      only(status, ['addresses', 'allocatable', 'conditions', 'images', 'nodeInfo', 'phase']),
      [
        'conditions',
        each(condition =>
          // `diagnose` takes what was said of a node before it was ready for the past.
          isRecord(condition) && condition['type'] === 'Ready'
            ? only(condition, [...ofConditions, 'lastTransitionTime'])
            : share(only(condition, ofConditions)),
        ),
      ],
      // Nodes of one role have the same images, dozens of them.
      ['images', each(share)],
    ),
  }),
  'discovery.k8s.io/v1/endpointslices': ({ endpoints }, share) => ({
    endpoints: each(endpoint =>
      changed(
        only(endpoint, ['addresses', 'conditions', 'nodeName', 'targetRef']),
        ['conditions', conditions => share(only(conditions, ['ready']))],
        ['nodeName', share],
        ['targetRef', target => only(target, ['kind', 'name'])],
      ),
    )(endpoints),
  }),
  'crd.projectcalico.org/v1/ipamblocks': ({ spec }, share) => ({
    spec: changed(only(spec, ['affinity', 'allocations', 'attributes', 'cidr']), [
      'attributes',
      each(attribute => share(changed(only(attribute, ['secondary']), ['secondary', secondaryOf]))),
    ]),
  }),
  'apps/v1/deployments': withoutConditions,
  'apps/v1/replicasets': object => ({
    ...withoutConditions(object),
    // A Deployment has ten old ones, and what they would make stands in the Deployment.
    spec: object.metadata.ownerReferences?.some(isDeployment)
      ? only(object['spec'], ['replicas'])
      : object['spec'],
  }),
  'policy/v1/poddisruptionbudgets': withoutConditions,
}

const ofConditions = ['type', 'status', 'reason', 'message']

const isDeployment = ({ kind, controller }: OwnerReference): boolean =>
  kind === 'Deployment' && controller === true

/** `kubectl apply` keeps the whole object once more in there. */
const lastApplied = 'kubectl.kubernetes.io/last-applied-configuration'

/** For one listing: what its objects have in common is kept once, and forgotten with it. */
export function leaner(resource: Resource): (object: KubeObject) => KubeObject {
  const project = projections[resource]
  const texts = new Map<string, unknown>()
  const others = new Map<string, unknown>()
  const share: Share = value => {
    const isText = typeof value === 'string'
    const known = isText ? texts : others
    const key = isText ? value : JSON.stringify(value)
    const found = known.get(key)
    if (found !== undefined) return found
    known.set(key, value)
    return value
  }
  return given => {
    const object = withoutApplied(trimmed(given))
    if (project === undefined) return object
    const projected: Record<string, unknown> = { ...object }
    for (const [key, value] of Object.entries(project(object, share)))
      if (key in object) projected[key] = value
    return projected as unknown as KubeObject
  }
}

function withoutApplied(object: KubeObject): KubeObject {
  const { annotations } = object.metadata
  if (annotations?.[lastApplied] === undefined) return object
  const { [lastApplied]: _dropped, ...kept } = annotations
  return { ...object, metadata: { ...object.metadata, annotations: kept } }
}

function withoutConditions({ status }: KubeObject): RawRecord {
  if (!isRecord(status)) return { status }
  const { conditions: _dropped, ...kept } = status
  return { status: kept }
}

/** Of what a test pod holds only the namespace counts, by which it is known. */
const secondaryOf = (secondary: unknown): unknown => only(secondary, ['namespace'])

/** Those keys of a record that are there; anything else as it is. */
function only(value: unknown, keys: readonly string[]): unknown {
  if (!isRecord(value)) return value
  const kept: Record<string, unknown> = {}
  for (const key of keys) if (value[key] !== undefined) kept[key] = value[key]
  return kept
}

/** The fresh record with some of its fields, where they are there, exchanged. */
function changed(
  value: unknown,
  ...fields: readonly (readonly [string, (field: unknown) => unknown])[]
): unknown {
  if (!isRecord(value)) return value
  const record = value as Record<string, unknown>
  for (const [key, change] of fields) if (record[key] !== undefined) record[key] = change(record[key])
  return record
}

const each =
  (change: (item: unknown) => unknown) =>
  (value: unknown): unknown =>
    Array.isArray(value) ? value.map(change) : value
