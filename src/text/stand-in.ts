import { isMap, isScalar, isSeq, type YAMLMap } from 'yaml'
import { type FlagChanges, planFlags, readFlags } from './manifest-flags.ts'
import { applySplices, eolOf, lineEnd, lineStart, refused, type Splice } from './splice.ts'
import {
  assertBlock,
  assertEditable,
  assertMeaning,
  assertOneLine,
  type Doc,
  endOf,
  linesBeside,
  linesWithout,
  meaningOf,
  nodeAt,
  pairOf,
  parseYaml,
  sourceOf,
  startOf,
} from './yaml-block.ts'
import { isEmptyValue, openBlock } from './yaml-map.ts'

export interface StandIn {
  /** The container whose flags change: `kube-apiserver`. */
  readonly container: string
  /** metadata.name of the stand-in. */
  readonly name: string
  /** Its labels, instead of all there are: kubeadm counts API servers by component and tier, Services and policies choose by labels. */
  readonly labels: Readonly<Record<string, string>>
  /** The free port it listens on. */
  readonly port: number
  readonly extraFlags?: FlagChanges
}

/** kubeadm reads the address of this node's API server from the pod that has it, and wants it once. */
const endpointAnnotation = 'kubeadm.kubernetes.io/kube-apiserver.advertise-address.endpoint'
const probes = ['livenessProbe', 'readinessProbe', 'startupProbe'] as const

/**
 * The manifest of a second API server beside the one of `text`: other name, labels and port, and it leaves the endpoints of the
 * `kubernetes` Service alone. A uid in the manifest goes: two pods may not share one. The rest is as it runs now.
 * @throws RefusedError as setFlags
 */
export function deriveStandIn(text: string, standIn: StandIn): string {
  const doc = parseYaml(text)
  assertEditable(text, doc)
  const changes = {
    'secure-port': String(standIn.port),
    'endpoint-reconciler-type': 'none',
    ...standIn.extraFlags,
  }
  const flags = planFlags(text, doc, standIn.container, changes, {})
  const oldPort = Number(readFlags(text, standIn.container).get('secure-port') ?? 6443)
  const metadata = nodeAt(doc.contents, ['metadata'])
  if (!isMap(metadata)) throw refused(text, startOf(metadata), 'text.shape', 'metadata is not a mapping')
  assertBlock(text, metadata, 'metadata')
  const wanted = structuredClone(meaningOf(doc)) as Pod
  flags.expect(wanted)
  expectStandIn(wanted, standIn, oldPort)
  const after = applySplices(text, [
    ...flags.splices,
    ...nameAndLabels(text, metadata, standIn),
    ...withoutAnnotation(text, metadata),
    ...portSplices(doc, standIn, oldPort),
  ])
  assertMeaning(text, after, undefined, wanted)
  return after
}

function nameAndLabels(text: string, metadata: YAMLMap, standIn: StandIn): Splice[] {
  const name = pairOf(metadata, 'name')
  assertOneLine(text, name?.value, 'metadata.name')
  const splices: Splice[] = [
    { start: startOf(name?.value), end: endOf(name?.value), text: sourceOf(standIn.name) },
  ]
  const uid = pairOf(metadata, 'uid')
  if (uid) splices.push(linesWithout(text, uid))
  const entries = Object.entries(standIn.labels).map(([key, value]) => `${sourceOf(key)}: ${sourceOf(value)}`)
  const labels = pairOf(metadata, 'labels')
  const start = startOf(name?.key)
  const margin = ' '.repeat(start - lineStart(text, start))
  if (!labels)
    return [
      ...splices,
      linesBeside(
        text,
        name,
        'after',
        ['labels:', ...entries.map(line => `  ${line}`)].map(line => margin + line),
      ),
    ]
  if (isEmptyValue(labels.value)) return [...splices, ...openBlock(text, labels, entries)]
  const map = labels.value
  if (!isMap(map)) throw refused(text, startOf(labels.key), 'text.shape', 'metadata.labels is not a mapping')
  assertBlock(text, map, 'metadata.labels')
  const from = startOf(map)
  const indent = text.slice(lineStart(text, from), from)
  if (indent.trim() !== '')
    throw refused(text, from, 'text.shape', 'metadata.labels does not begin its own line')
  splices.push({
    start: lineStart(text, from),
    end: lineEnd(text, endOf(map)),
    text: entries.map(line => indent + line).join(eolOf(text)),
  })
  return splices
}

function withoutAnnotation(text: string, metadata: YAMLMap): Splice[] {
  const annotations = pairOf(metadata, 'annotations')
  if (!annotations || !isMap(annotations.value)) return []
  const pair = pairOf(annotations.value, endpointAnnotation)
  if (!pair) return []
  if (annotations.value.items.length === 1) return [linesWithout(text, annotations)]
  assertBlock(text, annotations.value, 'metadata.annotations')
  return [linesWithout(text, pair)]
}

function portSplices(doc: Doc, { container, port }: StandIn, oldPort: number): Splice[] {
  const containers = nodeAt(doc.contents, ['spec', 'containers'])
  const own = isSeq(containers)
    ? containers.items.find(item => isMap(item) && item.get('name') === container)
    : undefined
  const ports = nodeAt(own, ['ports'])
  const nodes = [
    ...(isSeq(ports) ? ports.items : []).flatMap(item => [
      nodeAt(item, ['containerPort']),
      nodeAt(item, ['hostPort']),
    ]),
    ...probes.flatMap(probe => [
      nodeAt(own, [probe, 'httpGet', 'port']),
      nodeAt(own, [probe, 'tcpSocket', 'port']),
    ]),
  ]
  return nodes.flatMap(node =>
    isScalar(node) && node.value === oldPort
      ? [{ start: startOf(node), end: endOf(node), text: String(port) }]
      : [],
  )
}

interface Pod {
  metadata: {
    name: string
    uid?: string
    labels?: Record<string, string>
    annotations?: Record<string, string>
  }
  spec: { containers: Container[] }
}
interface Container
  extends Partial<
    Record<(typeof probes)[number], { httpGet?: { port?: unknown }; tcpSocket?: { port?: unknown } }>
  > {
  name: string
  ports?: { containerPort?: number; hostPort?: number }[] | null
}

/** The same change made to the parsed manifest, by which the text is judged. */
function expectStandIn(pod: Pod, standIn: StandIn, oldPort: number): void {
  const { metadata } = pod
  metadata.name = standIn.name
  metadata.labels = { ...standIn.labels }
  delete metadata.uid
  if (metadata.annotations && endpointAnnotation in metadata.annotations) {
    delete metadata.annotations[endpointAnnotation]
    if (Object.keys(metadata.annotations).length === 0) delete metadata.annotations
  }
  const own = pod.spec.containers.find(({ name }) => name === standIn.container)
  for (const entry of own?.ports ?? []) {
    if (entry.containerPort === oldPort) entry.containerPort = standIn.port
    if (entry.hostPort === oldPort) entry.hostPort = standIn.port
  }
  for (const probe of probes)
    for (const handler of [own?.[probe]?.httpGet, own?.[probe]?.tcpSocket])
      if (handler?.port === oldPort) handler.port = standIn.port
}
