import type { KubeObject, OwnerReference, Pod } from '../model/cluster.ts'
import { hostStatus, internalIPsOf } from './pod-status.ts'

/** Kinds that own pods, with their API version. */
const apiVersions: Readonly<Record<string, string>> = {
  Node: 'v1',
  ReplicaSet: 'apps/v1',
  DaemonSet: 'apps/v1',
  StatefulSet: 'apps/v1',
  Job: 'batch/v1',
  ReplicationController: 'v1',
}

/**
 * A pod of a Cluster back on the wire: the inverse of the projection, so that reading it again gives the same row. What the row does not
 * tell comes from its owner's template, where there is one.
 */
export function wirePod(row: Pod, owner: KubeObject | undefined, node: KubeObject | undefined): KubeObject {
  const { namespace, name, uid, labels, created } = row
  const annotations = {
    ...row.annotations,
    ...(row.mirror === undefined
      ? {}
      : {
          'kubernetes.io/config.hash': row.mirror,
          'kubernetes.io/config.mirror': row.mirror,
          'kubernetes.io/config.source': 'file',
        }),
  }
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name,
      namespace,
      uid,
      ...(created === '' ? {} : { creationTimestamp: created }),
      ...(Object.keys(labels).length === 0 ? {} : { labels }),
      ...(Object.keys(annotations).length === 0 ? {} : { annotations }),
      ...(row.owner === undefined ? {} : { ownerReferences: [ownerOf(row.owner, owner)] }),
      ...(row.deleting ? { deletionTimestamp: created } : {}),
    },
    spec: specOf(row, owner),
    status: { ...statusOf(row), ...hostStatus(internalIPsOf(node)) },
  }
}

const ownerOf = (
  { kind, name }: NonNullable<Pod['owner']>,
  owner: KubeObject | undefined,
): OwnerReference => ({
  apiVersion: apiVersions[kind] ?? 'v1',
  kind,
  name,
  uid: owner?.metadata.uid ?? `practice-${kind}-${name}`,
  controller: true,
})

interface PodSpec {
  readonly containers?: readonly Readonly<Record<string, unknown>>[]
  readonly [field: string]: unknown
}

function specOf(row: Pod, owner: KubeObject | undefined): PodSpec {
  const template = (owner?.['spec'] as { template?: { spec?: PodSpec } } | undefined)?.template?.spec
  const { hostNetwork: _own, ...rest } = template ?? {}
  const [first = { name: 'main' }, ...more] =
    row.commands === undefined ? (rest.containers ?? []) : words(row.commands)
  return {
    ...rest,
    ...(row.node === '' ? {} : { nodeName: row.node }),
    ...(row.hostNetwork ? { hostNetwork: true } : {}),
    containers: [row.image === '' ? first : { ...first, image: row.image }, ...more],
  }
}

const words = (commands: NonNullable<Pod['commands']>) =>
  Object.entries(commands).map(([name, command]) => ({ name, command }))

function statusOf({ phase, ips, ready, readySince, waiting, ended }: Pod): Readonly<Record<string, unknown>> {
  return {
    ...(phase === '' ? {} : { phase }),
    conditions: [
      {
        type: 'Ready',
        status: ready ? 'True' : 'False',
        ...(readySince !== undefined && { lastTransitionTime: readySince }),
      },
    ],
    ...(ips.length === 0 ? {} : { podIP: ips[0], podIPs: ips.map(ip => ({ ip })) }),
    ...containersOf(waiting, ended),
  }
}

/** One that waits, and one that ended: as much of them as a row tells. */
function containersOf(
  waiting: string | undefined,
  ended: string | undefined,
): Readonly<Record<string, unknown>> {
  const [reason = '', ...message] = waiting?.split(': ') ?? []
  const [, why = '', code = ''] = /^(.*): exit code (-?\d+)$/.exec(ended ?? '') ?? []
  const states = [
    ...(waiting === undefined ? [] : [{ waiting: { reason, message: message.join(': ') } }]),
    ...(ended === undefined ? [] : [{ terminated: { reason: why, exitCode: Number(code) } }]),
  ]
  return states.length === 0 ? {} : { containerStatuses: states.map(state => ({ state })) }
}
