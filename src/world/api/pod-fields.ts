import type { KubeObject } from '../../model/cluster.ts'
import { fields, type Place, ProtobufError, ProtobufReader, textAt } from './protobuf.ts'
import { readAnnotations } from './pods.ts'
import { isRecord, type RawRecord, recordOf } from './record.ts'

/**
 * Pods as the API server sends them in protobuf: half the bytes of JSON, and what `projectPod` does not read is passed over instead of
 * parsed. Numbers: k8s.io/api/core/v1/generated.proto and k8s.io/apimachinery/pkg/apis/meta/v1/generated.proto; they never change.
 */
export const protobufType = 'application/vnd.kubernetes.protobuf'

const metadata = fields({
  1: ['name', 'text'],
  3: ['namespace', 'text'],
  5: ['uid', 'text'],
  8: ['creationTimestamp', 'time'],
  9: ['deletionTimestamp', 'time'],
  11: ['labels', 'map'],
  12: ['annotations', 'map', readAnnotations],
  13: [
    'ownerReferences',
    'messages',
    fields({ 1: ['kind', 'text'], 3: ['name', 'text'], 4: ['uid', 'text'], 6: ['controller', 'flag'] }),
  ],
})

const spec = fields({
  2: [
    'containers',
    'messages',
    fields({ 1: ['name', 'text'], 2: ['image', 'text'], 3: ['command', 'texts'], 4: ['args', 'texts'] }),
  ],
  10: ['nodeName', 'text'],
  11: ['hostNetwork', 'flag'],
})

const containerStatus = fields({
  2: [
    'state',
    'message',
    fields({
      1: ['waiting', 'message', fields({ 1: ['reason', 'text'], 2: ['message', 'text'] })],
      3: ['terminated', 'message', fields({ 1: ['exitCode', 'number'], 3: ['reason', 'text'] })],
    }),
  ],
})

const status = fields({
  1: ['phase', 'text'],
  2: [
    'conditions',
    'messages',
    fields({ 1: ['type', 'text'], 2: ['status', 'text'], 4: ['lastTransitionTime', 'time'] }),
  ],
  6: ['podIP', 'text'],
  8: ['containerStatuses', 'messages', containerStatus],
  10: ['initContainerStatuses', 'messages', containerStatus],
  12: ['podIPs', 'messages', fields({ 1: ['ip', 'text'] })],
})

/** Of ListMeta, and of the metadata of a Status. */
const listMetadata = fields({ 3: ['continue', 'text'] })

const podList = fields({ 1: ['metadata', 'message', listMetadata], 2: ['items', 'places'] })

const pod = fields({
  1: ['metadata', 'message', metadata],
  2: ['spec', 'message', spec],
  3: ['status', 'message', status],
})

/** metav1.Status */
const refusal = fields({
  1: ['metadata', 'message', listMetadata],
  2: ['status', 'text'],
  3: ['message', 'text'],
  4: ['reason', 'text'],
  5: [
    'details',
    'message',
    fields({
      1: ['name', 'text'],
      2: ['group', 'text'],
      3: ['kind', 'text'],
      4: [
        'causes',
        'messages',
        fields({ 1: ['reason', 'text'], 2: ['message', 'text'], 3: ['field', 'text'] }),
      ],
      5: ['retryAfterSeconds', 'number'],
      6: ['uid', 'text'],
    }),
  ],
  6: ['code', 'number'],
})

/** In front of each answer: https://kubernetes.io/docs/reference/using-api/api-concepts/#protobuf-encoding */
const magic = Buffer.from('k8s\0', 'latin1')
const isProtobuf = (bytes: Buffer): boolean => bytes.subarray(0, magic.length).equals(magic)
/** runtime.Unknown: what kind of message is in it, and the message. */
const typeMeta = fields({ 1: ['typeMeta', 'message', fields({ 2: ['kind', 'text'] })] })
const kinds = {
  PodList: fields({ 2: ['raw', 'message', podList] }),
  Status: fields({ 2: ['raw', 'message', refusal] }),
}

/** @throws ProtobufError where the bytes are no such message */
function read(bytes: Buffer, kind: keyof typeof kinds, reader: ProtobufReader): RawRecord {
  if (!isProtobuf(bytes)) throw new ProtobufError(`no ${kind}: it begins otherwise`)
  const all = [magic.length, bytes.length] as const
  const found = recordOf(reader.read(bytes, all, typeMeta)['typeMeta'])['kind']
  if (found !== kind) throw new ProtobufError(`a ${String(found)}, not a ${kind}`)
  const { raw } = reader.read(bytes, all, kinds[kind])
  if (!isRecord(raw)) throw new ProtobufError(`a ${kind} with nothing in it`)
  return raw
}

/**
 * A page of pods as JSON would have it, with the fields that `projectPod` reads and no others. Each pod is read when it is its turn: of those
 * that are read and wait, half would be moved into the old part of the heap, and lie there.
 */
export function readPodList(
  bytes: Buffer,
  reader: ProtobufReader,
): { readonly metadata: RawRecord; readonly items: Iterable<KubeObject> } {
  const { metadata, items } = read(bytes, 'PodList', reader)
  const places = (items ?? []) as readonly Place[]
  return {
    metadata: recordOf(metadata),
    items: {
      *[Symbol.iterator]() {
        for (const place of places) yield reader.read(bytes, place, pod) as unknown as KubeObject
      },
    },
  }
}

/** The token of the next page, from the beginning of a page's bytes; undefined: none, or not in these bytes. */
export const nextInProtobuf = (head: Buffer): string | undefined =>
  isProtobuf(head) ? textAt(head, magic.length, [2, 1, 3]) || undefined : undefined

/** A refusal's JSON. Bytes that are no Status are told as that. */
export function statusJson(bytes: Buffer): string {
  try {
    const said = { kind: 'Status', ...read(bytes, 'Status', new ProtobufReader()) }
    // Go writes numbers that are 0, and JSON has them not at all: a wait of no seconds would be one that was asked for.
    return JSON.stringify(said, (_key, value: unknown) => (value === 0 ? undefined : value))
  } catch (error) {
    if (!(error instanceof ProtobufError)) throw error
    return `an answer that cannot be read: ${error.message}`
  }
}
