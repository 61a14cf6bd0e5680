import { resolve } from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import { layers } from '../layers/index.ts'
import type { Cluster } from '../model/cluster.ts'
import { readsOf } from '../model/layer.ts'
import { readBundle } from '../observe/bundle.ts'
import { hashText } from '../text/edits.ts'
import { setFlags } from '../text/manifest.ts'
import { type Practice, practiceWorld } from './index.ts'

let bundle: Cluster
beforeAll(async () => {
  bundle = await readBundle(resolve(import.meta.dirname, '../../samples/calico-1cp-1w'), readsOf(layers))
})
const manifest = '/etc/kubernetes/manifests/kube-apiserver.yaml'
const textOf = (path: string): string => bundle.nodes['n1']?.files[path]?.text ?? ''

/** Gives the API server of n1 another service range, as a plan does. */
function swap(practice: Practice, range: string, how: 'stand-in' | 'plain' = 'stand-in') {
  const text = setFlags(textOf(manifest), 'kube-apiserver', { 'service-cluster-ip-range': range })
  return practice.nodes.swapStaticPod('n1', {
    path: manifest,
    before: hashText(textOf(manifest)),
    text,
    run: 'r',
    how,
    within: 60,
    service: { address: '10.96.0.1', port: 443 },
    server: { address: '10.89.1.11', port: 6443 },
  })
}
const pair = '10.96.0.0/16,fd00:96::/112'

test('an API server that refuses its flags is not touched, and says why in its own words', async () => {
  const practice = practiceWorld(bundle)
  expect(await swap(practice, '10.96.0.0/16, fd00:96::/112')).toEqual({
    kind: 'undone',
    stage: 'proof',
    says: expect.stringContaining('service-cluster-ip-range[1] is not an ip net') as string,
  })
  expect((await practice.nodes.read('n1', manifest))?.text).toBe(textOf(manifest))
})

test('one that never becomes ready is put back while the stand-in serves, and the API answers all the time', async () => {
  const practice = practiceWorld(bundle)
  practice.faults.add({ kind: 'api-server-stays-down', node: 'n1' })
  const failures: unknown[] = []
  const over = new AbortController()
  const watching = (async () => {
    while (!over.signal.aborted) {
      await practice.api.version().catch((error: unknown) => failures.push(error))
      await practice.clock.sleep(500)
    }
  })()
  expect(await swap(practice, pair)).toMatchObject({ kind: 'undone', stage: 'swap' })
  over.abort()
  await watching
  expect(failures).toEqual([])
  expect((await practice.nodes.read('n1', manifest))?.text).toBe(textOf(manifest))
  expect(practice.traces()).toEqual({})
})

test('swapped plainly, nobody answers for some 40 s; a client is patient for 10', async () => {
  const practice = practiceWorld(bundle)
  const began = practice.clock.now()
  const swapping = swap(practice, pair, 'plain')
  await practice.clock.sleep(2000)
  await expect(practice.api.version()).rejects.toMatchObject({ code: 'api.unreachable' })
  expect(practice.clock.now() - began).toBeGreaterThanOrEqual(12_000)
  expect(await swapping).toEqual({ kind: 'swapped' })
  expect(practice.clock.now() - began).toBeGreaterThan(40_000)
  expect(await practice.api.version()).toBe('v1.36.3')
})

test('a node that cannot be reached answers nothing, until it can again', async () => {
  const practice = practiceWorld(bundle)
  const mend = practice.faults.add({ kind: 'node-unreachable', node: 'n2' })
  await expect(practice.nodes.read('n2', '/etc/hosts')).rejects.toMatchObject({ exitCode: 4 })
  expect(await practice.nodes.read('n1', '/etc/hosts')).not.toBeNull()
  mend()
  expect(await practice.nodes.read('n2', '/etc/hosts')).not.toBeNull()
})

test('a full disk takes no file, and loses none', async () => {
  const practice = practiceWorld(bundle)
  practice.faults.add({ kind: 'disk-full', node: 'n1' })
  const write = { path: '/etc/hosts', before: hashText(textOf('/etc/hosts')), text: 'x\n', run: 'r' }
  await expect(practice.nodes.write('n1', write)).rejects.toMatchObject({ exitCode: 3 })
  expect((await practice.nodes.read('n1', '/etc/hosts'))?.text).toBe(textOf('/etc/hosts'))
})

test('another writer is in the way as often as was said', async () => {
  const practice = practiceWorld(bundle)
  const name = { resource: 'v1/services', namespace: 'demo', name: 'web' }
  practice.faults.add({ kind: 'other-writer', ...name, times: 1 })
  const again = async () => {
    const service = await practice.api.get('v1/services', 'demo', 'web')
    if (service === undefined) throw new Error('no Service demo/web')
    const labels = { ...service.metadata.labels, tried: 'yes' }
    return practice.api.replace('v1/services', { ...service, metadata: { ...service.metadata, labels } })
  }
  await expect(again()).rejects.toMatchObject({ status: 409, reason: 'Conflict' })
  expect((await again()).metadata.labels).toMatchObject({ tried: 'yes' })
})

test('a new pod that is held back is not ready, and stops the roll-out where the budget of its Deployment says', async () => {
  const practice = practiceWorld(bundle)
  const mend = practice.faults.add({ kind: 'pod-never-ready', namespace: 'demo', name: 'web' })
  const web = await practice.api.get('apps/v1/deployments', 'demo', 'web')
  const spec = web?.['spec'] as { template: { metadata: object } }
  const template = { ...spec.template, metadata: { ...spec.template.metadata, annotations: { again: '1' } } }
  await practice.api.replace('apps/v1/deployments', {
    ...web,
    metadata: web?.metadata ?? { name: 'web' },
    spec: { ...spec, template },
  })
  const ready = () =>
    practice
      .cluster()
      .pods.filter(pod => pod.namespace === 'demo' && pod.labels['app'] === 'web' && pod.ready)
  await practice.clock.sleep(120_000)
  expect(new Set(ready().map(pod => pod.revision)).size).toBe(1)
  expect(ready().length).toBeGreaterThanOrEqual(2)
  mend()
  await practice.clock.sleep(120_000)
  expect(ready()).toHaveLength(3)
  expect(ready().map(pod => pod.revision)).not.toContain('56b555977f')
})

test('what is deaf has addresses and does not answer at them', async () => {
  const practice = practiceWorld(bundle)
  const pod = bundle.pods.find(one => one.labels['app'] === 'web')
  const address = `${pod?.ips[0] ?? ''}:8080`
  const ask = async () => (await practice.nodes.facts('n1', { reach: [address] })).reach
  expect(await ask()).toEqual({ [address]: true })
  practice.faults.add({ kind: 'deaf', namespace: 'demo', name: 'web' })
  expect(await ask()).toEqual({ [address]: false })
})
