import { describe, expect, test } from 'vitest'
import { calicoSituation, pool4 } from '../layers/cni-calico/rules/example.ts'
import type { Cluster } from '../model/cluster.ts'
import type { Failure } from '../model/failure.ts'
import { pod } from '../rules/example.ts'
import { catalogue } from './catalogue.ts'
import { conclude } from './conclude.ts'
import { hearEvents } from './events.ts'
import { Listener } from './listen.ts'
import { Matcher } from './matcher.ts'

const matcher = new Matcher(catalogue)
const noNetwork =
  'failed to setup network for sandbox "4ae84fb78aae99f0c748ecebbaad8a349945c29603301cde733799d5f1548159": plugin type="calico" failed (add): cannot find a qualified ippool'
const line = `E1129 10:10:41.326116     189 remote_runtime.go:237] "RunPodSandbox from runtime service failed" err="rpc error: code = Unknown desc = ${noNetwork.replaceAll('"', '\\"')}"\n`

function heard(cluster?: Cluster) {
  const listener = new Listener(matcher)
  const ear = listener.open({ name: 'kubelet on n2, journal', speaker: 'kubelet', tellsUnknown: false })
  ear.write(Buffer.from(line))
  ear.end()
  if (cluster !== undefined) hearEvents(cluster, catalogue, matcher, listener.hearing)
  return conclude({
    hearing: listener.hearing,
    failures: catalogue,
    lookedAt: [],
    notRead: [],
    ...(cluster !== undefined && { cluster }),
  }).found
}

describe('a family that pods get an address of, and no pool of it', () => {
  const { cluster } = calicoSituation({ ipam: { assign_ipv6: 'true' }, pools: [pool4] })
  const event = {
    metadata: { name: 'e', namespace: 'demo' },
    reason: 'FailedCreatePodSandBox',
    message: `Failed to create pod sandbox: rpc error: code = Unknown desc = ${noNetwork}`,
    involvedObject: { kind: 'Pod', namespace: 'demo', name: 'single' },
  }
  const pods = [{ ...pod({ ips: [] }), namespace: 'demo', name: 'single', ready: false }]

  test('is one cause, by its family, with the words of the plugin', () => {
    const objects = { ...cluster.objects, 'v1/events': [event] }
    const found = heard({ ...cluster, pods, objects, nodes: {} })
    expect(found.map(({ failure, also }) => [failure, also])).toEqual([
      ['state/no-pool-of-family', ['calico-pool/missing']],
    ])
    const says = found[0]?.because.map(one => one.says) ?? []
    expect(says.some(one => one.includes('cannot find a qualified ippool'))).toBe(true)
    expect(says).toContain('IPv6 is assigned to pods, and no enabled pool is of it')
  })

  test('without a look at the cluster the words alone say it', () => {
    expect(heard().map(({ failure }) => failure)).toEqual(['calico-pool/missing'])
  })
})

describe('what is seen in two ways', () => {
  const empty: Cluster = { uid: 'u', version: '', objects: {}, pods: [], nodes: {}, unread: {} }
  const cause = (id: string, certainty: 'sure' | 'likely', ...objects: string[]): Failure => ({
    id,
    title: id,
    layer: 'services',
    cause: '',
    fix: '',
    source: '',
    covers: [],
    signs: [
      {
        kind: 'state',
        what: id,
        certainty,
        judge: () => objects.map(object => ({ object, field: 'x', message: 'is so' })),
      },
    ],
  })
  const concluded = (...failures: readonly Failure[]) =>
    conclude({
      hearing: new Listener(matcher).hearing,
      cluster: empty,
      failures,
      lookedAt: [],
      notRead: [],
    }).found.map(({ failure, certainty, also }) => ({ failure, certainty, ...(also && { also }) }))

  test('is told once, as sure as the surer of them, and what was folded in is named', () => {
    expect(
      concluded(
        cause('service-state/no-endpoints-of-family', 'sure', 'Service a/b'),
        cause('state/service-without-endpoints', 'likely', 'Service a/b', 'Service a/c'),
      ),
    ).toEqual([
      {
        failure: 'state/service-without-endpoints',
        certainty: 'sure',
        also: ['service-state/no-endpoints-of-family'],
      },
    ])
  })

  test('is told by itself where it is about an object more', () => {
    expect(
      concluded(
        cause('dns/service-before-servers', 'sure', 'Service kube-system/kube-dns'),
        cause('state/service-without-endpoints', 'sure', 'Service kube-system/kube-dns', 'Service a/b'),
      ).map(({ failure }) => failure),
    ).toEqual(['dns/service-before-servers', 'state/service-without-endpoints'])
  })

  test('is told however many objects there are, though a few are named', () => {
    const many = Array.from({ length: 40 }, (_, index) => `Service a/s${index}`)
    expect(
      concluded(
        cause('state/service-without-endpoints', 'sure', ...many),
        cause('service-state/no-endpoints-of-family', 'likely', ...many),
      ),
    ).toEqual([
      {
        failure: 'state/service-without-endpoints',
        certainty: 'sure',
        also: ['service-state/no-endpoints-of-family'],
      },
    ])
  })
})
