import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Read } from '../model/read.ts'
import { readBundle } from './bundle.ts'
import { snapshotReads, writeBundle } from './snapshot.ts'
import { facts, type FakeCluster, fakeWorld, object, smallCluster } from './testing.ts'

let parent = ''
let dir = ''
beforeEach(async () => {
  parent = await mkdtemp(join(tmpdir(), 'snapshot-'))
  dir = join(parent, 'bundle')
})
afterEach(() => rm(parent, { recursive: true, force: true }))

const reads: readonly Read[] = [{ kind: 'file', path: '/etc/default/kubelet', on: 'all' }]
const take = (cluster: FakeCluster, options = {}) => writeBundle(fakeWorld(cluster), reads, dir, options)
const readAgain = () => readBundle(dir, snapshotReads(reads))

describe('writeBundle', () => {
  it('gives a bundle that reads as the very cluster that was observed', async () => {
    const { cluster, redacted } = await take(smallCluster())
    expect(await readAgain()).toEqual(cluster)
    expect(redacted).toEqual([])
    expect(await readdir(parent)).toEqual(['bundle'])
  })

  it('keeps, through the bundle, what was refused, who was away and which node has an odd name', async () => {
    const fake = smallCluster()
    fake.refused.add('v1/events').add('v1/pods')
    fake.away.add('n2')
    fake.objects['v1/nodes'] = [...(fake.objects['v1/nodes'] ?? []), object('../../evil'), object('..')]
    fake.nodes['../../evil'] = facts({
      files: { '/etc/hosts': { text: 'x' }, '/../../etc/hosts': { text: 'never written' } },
    })
    fake.nodes['..'] = facts()
    const { cluster } = await take(fake, { tolerant: true })
    const again = await readAgain()
    expect(again.unread).toEqual({
      'v1/events': 'list v1/events: no (403 Forbidden)',
      'v1/pods': 'list v1/pods: no (403 Forbidden)',
      'nodes/n2': 'node n2: connection timed out',
    })
    expect(again.nodes['../../evil']?.files).toEqual({ '/etc/hosts': { text: 'x' } })
    expect({ ...again, nodes: {} }).toEqual({ ...cluster, nodes: {} })
    expect(await readdir(parent)).toEqual(['bundle'])
    expect(await readdir(join(dir, 'nodes'))).toEqual(['%2E%2E', '..%2F..%2Fevil', 'n1'].sort())
  })

  it('tells a ConfigMap that is not there from one that was not asked for', async () => {
    const fake = smallCluster()
    fake.objects['v1/configmaps'] = []
    const { cluster } = await take(fake)
    expect(cluster.objects['v1/configmaps']).toEqual([])
    expect(await readAgain()).toEqual(cluster)
  })

  it('keeps files byte for byte, with mode and owner in the index', async () => {
    const fake = smallCluster()
    await take(fake)
    const path = '/etc/kubernetes/manifests/kube-apiserver.yaml'
    expect(await readFile(join(dir, 'nodes/n1/files', path), 'utf8')).toBe(fake.nodes.n1?.files[path]?.text)
    expect(JSON.parse(await readFile(join(dir, 'nodes/n1/files.json'), 'utf8'))).toEqual({
      [path]: { mode: '0600', owner: '0:0' },
      '/etc/default/kubelet': null,
    })
  })

  it('refuses a folder that is not empty, and changes nothing in it', async () => {
    await mkdir(dir)
    await writeFile(join(dir, 'mine'), 'x')
    await expect(take(smallCluster())).rejects.toMatchObject({ code: 'bundle.not-empty', exitCode: 2 })
    expect(await readdir(dir)).toEqual(['mine'])
    expect(await readdir(parent)).toEqual(['bundle'])
  })

  it('writes into an empty folder that is there', async () => {
    await mkdir(dir)
    await take(smallCluster())
    expect(await readdir(dir)).toContain('version.json')
  })

  it('leaves nothing behind when the reading fails half-way', async () => {
    const fake = smallCluster()
    fake.away.add('n1')
    await expect(take(fake)).rejects.toMatchObject({ name: 'UnreachableError' })
    expect(await readdir(parent)).toEqual([])
  })

  it('never asks for what is not on the list, whatever a layer wants', async () => {
    const fake = smallCluster()
    fake.objects['v1/secrets'] = [object('s', 'default', { data: { a: 'b' } })]
    const greedy: readonly Read[] = [
      { kind: 'list', resource: 'v1/secrets' },
      { kind: 'file', path: '/etc/kubernetes/admin.conf', on: 'all' },
      { kind: 'files', pattern: '/etc/kubernetes/pki/*', on: 'all' },
      { kind: 'files', pattern: '/etc/kubernetes/manifests/../pki/*', on: 'all' },
      { kind: 'config-map', namespace: 'kube-public', name: 'cluster-info' },
    ]
    const { left } = await writeBundle(fakeWorld(fake), greedy, dir)
    expect(left).toEqual(greedy)
    expect(fake.asked.lists).not.toContain('v1/secrets')
    expect(JSON.stringify(fake.asked.facts)).not.toMatch(/admin\.conf|pki/)
  })

  it('does not write a file that a node gave unasked', async () => {
    const fake = smallCluster()
    fake.nodes.n2 = facts({
      files: { '/etc/shadow': { text: 'root:x' }, '/etc/kubernetes/pki/ca.key': { text: 'x' } },
    })
    await take(fake)
    expect(await everything(dir)).not.toMatch(/root:x|ca\.key/)
  })
})

async function everything(folder: string): Promise<string> {
  const names = await readdir(folder, { recursive: true })
  const texts = await Promise.all(
    names.map(async name =>
      (await stat(join(folder, name))).isFile() ? readFile(join(folder, name), 'utf8') : '',
    ),
  )
  return [...names, ...texts].join('\n')
}
