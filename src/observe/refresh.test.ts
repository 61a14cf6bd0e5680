import { describe, expect, it } from 'vitest'
import { findObject } from '../model/changes.ts'
import { observe } from './live.ts'
import { refresh } from './refresh.ts'
import { facts, fakeWorld, object, smallCluster } from './testing.ts'

const everything = [
  { kind: 'list', resource: 'v1/pods' },
  { kind: 'list', resource: 'v1/services' },
  { kind: 'network', on: 'all' },
] as const

const versioned = (name: string, resourceVersion: string, uid = name) => {
  const made = object(name, 'default')
  return { ...made, metadata: { ...made.metadata, uid, resourceVersion } }
}

async function observed() {
  const fake = smallCluster()
  const world = fakeWorld(fake)
  const before = await observe(world, everything)
  fake.asked.facts.length = 0
  return { fake, world, before }
}

describe('refresh', () => {
  it('replaces only the objects that a narrow list covers, at their places', async () => {
    const { fake, world, before } = await observed()
    fake.objects['v1/services'] = [
      object('new', 'default', { labels: { app: 'x' } }),
      object('web', 'default', { labels: { app: 'x' }, spec: { ipFamilies: ['IPv4', 'IPv6'] } }),
      object('other', 'elsewhere', { labels: { app: 'x' } }),
    ]
    const old = {
      ...before,
      objects: {
        ...before.objects,
        'v1/services': [object('gone', 'default'), object('web', 'default'), object('kept', 'elsewhere')],
      },
    }
    const after = await refresh(old, [{ kind: 'list', resource: 'v1/services', namespace: 'default' }], world)
    expect(after.objects['v1/services']?.map(service => service.metadata.name)).toEqual([
      'web',
      'kept',
      'new',
    ])
    expect(after.objects['v1/services']?.[0]).toMatchObject({ spec: { ipFamilies: ['IPv4', 'IPv6'] } })
    expect(after.pods).toBe(before.pods)
    expect(old.objects['v1/services']).toHaveLength(3)
  })

  it('waits for nothing of what tests of traffic make', async () => {
    const { fake, world, before } = await observed()
    fake.objects['v1/services'] = [object('web', 'kubectl-dualstack-verify-0a1b2c')]
    const after = await refresh(before, [{ kind: 'list', resource: 'v1/services' }], world)
    expect(after.objects['v1/services']).toEqual([])
  })

  it('replaces only the pods that a selector covers', async () => {
    const { fake, world, before } = await observed()
    fake.objects['v1/pods'] = []
    const after = await refresh(before, [{ kind: 'pods', labelSelector: 'app in (a, c)' }], world)
    expect(after.pods.map(pod => pod.name)).toEqual(['b'])
  })

  it('takes an object away that is gone, and adds one that is new', async () => {
    const { fake, world, before } = await observed()
    fake.objects['v1/services'] = [object('new', 'default')]
    const after = await refresh(
      before,
      [
        { kind: 'object', resource: 'v1/services', namespace: 'default', name: 'web' },
        { kind: 'object', resource: 'v1/services', namespace: 'default', name: 'new' },
      ],
      world,
    )
    expect(after.objects['v1/services']?.map(service => service.metadata.name)).toEqual(['new'])
  })

  it('gives the very same cluster where nothing was written since', async () => {
    const { fake, world } = await observed()
    fake.objects['v1/services'] = [versioned('a', '1'), versioned('b', '2')]
    const before = await observe(world, everything)
    const read = { kind: 'list', resource: 'v1/services' } as const
    const one = { kind: 'object', resource: 'v1/services', namespace: 'default', name: 'a' } as const
    expect(await refresh(before, [read, one], world)).toBe(before)
    fake.objects['v1/services'] = [versioned('a', '1'), versioned('b', '3')]
    const after = await refresh(before, [read], world)
    expect(after).not.toBe(before)
    expect(after.objects['v1/services']?.[0]).toBe(before.objects['v1/services']?.[0])
    expect(after.objects['v1/services']?.[1]?.metadata.resourceVersion).toBe('3')
    // Made anew under the same name, as another object.
    fake.objects['v1/services'] = [versioned('a', '1', 'other'), versioned('b', '3')]
    expect((await refresh(after, [one], world)).objects['v1/services']?.[0]?.metadata.uid).toBe('other')
  })

  it('finds others by name in a list of which one object changed', async () => {
    const { fake, world } = await observed()
    fake.objects['v1/services'] = [versioned('a', '1'), versioned('b', '2')]
    const before = await observe(world, everything)
    expect(findObject(before, 'v1/services', 'default', 'b')).toBeDefined()
    fake.objects['v1/services'] = [versioned('a', '9'), versioned('b', '2')]
    const after = await refresh(
      before,
      [{ kind: 'object', resource: 'v1/services', namespace: 'default', name: 'a' }],
      world,
    )
    expect(findObject(after, 'v1/services', 'default', 'a')?.metadata.resourceVersion).toBe('9')
    expect(findObject(after, 'v1/services', 'default', 'b')).toBe(
      findObject(before, 'v1/services', 'default', 'b'),
    )
    expect(findObject(before, 'v1/services', 'default', 'a')?.metadata.resourceVersion).toBe('1')
  })

  it('reads files of a node without its network', async () => {
    const { fake, world, before } = await observed()
    fake.nodes.n1 = facts({ files: { '/etc/hosts': { text: 'x' } }, kernel: 'new' })
    const after = await refresh(before, [{ kind: 'files', node: 'n1', paths: ['/etc/hosts'] }], world)
    expect(fake.asked.facts).toEqual([{ node: 'n1', read: { files: ['/etc/hosts'] } }])
    expect(after.nodes.n1).toEqual({
      ...before.nodes.n1,
      files: { ...before.nodes.n1?.files, '/etc/hosts': { text: 'x' } },
    })
  })

  it('asks a node once for all that is wanted of it, and keeps what was not asked for', async () => {
    const { fake, world, before } = await observed()
    fake.nodes.n1 = facts({
      files: { '/etc/hosts': { text: 'x' } },
      apiServer: { ready: true },
      reach: { '[fd00::2]:80': true },
      kernel: 'new',
    })
    const after = await refresh(
      before,
      [
        { kind: 'node', node: 'n1', paths: ['/etc/hosts'] },
        { kind: 'api-server', node: 'n1', askDualStack: true },
        { kind: 'reach', node: 'n1', addresses: ['[fd00::2]:80'] },
      ],
      world,
    )
    expect(fake.asked.facts).toEqual([
      {
        node: 'n1',
        read: {
          network: true,
          files: ['/etc/hosts'],
          apiServer: { askDualStack: true },
          reach: ['[fd00::2]:80'],
        },
      },
    ])
    expect(after.nodes.n1?.files).toEqual({ ...before.nodes.n1?.files, '/etc/hosts': { text: 'x' } })
    expect(after.nodes.n1).toMatchObject({
      apiServer: { ready: true },
      reach: { '[fd00::2]:80': true },
      kernel: 'new',
    })
    expect(after.nodes.n2).toBe(before.nodes.n2)
  })

  it('sees that a kubelet does not run any more', async () => {
    const { fake, world, before } = await observed()
    fake.nodes.n1 = facts()
    const after = await refresh(before, [{ kind: 'node', node: 'n1' }], world)
    expect(before.nodes.n1?.kubeletArguments).toBeDefined()
    expect(after.nodes.n1?.kubeletArguments).toBeUndefined()
  })

  it('reading the API server alone leaves the network facts as they were', async () => {
    const { fake, world, before } = await observed()
    fake.nodes.n1 = facts({ apiServer: { ready: false } })
    const after = await refresh(before, [{ kind: 'api-server', node: 'n1', askDualStack: false }], world)
    expect(after.nodes.n1).toEqual({ ...before.nodes.n1, apiServer: { ready: false } })
  })

  it('is all or nothing: one reading that fails gives an error and no half-new cluster', async () => {
    const { fake, world, before } = await observed()
    fake.away.add('n2')
    await expect(
      refresh(
        before,
        [
          { kind: 'node', node: 'n1' },
          { kind: 'node', node: 'n2' },
        ],
        world,
      ),
    ).rejects.toThrow('timed out')
  })

  it('forgets why something was unread once it was read', async () => {
    const { fake, world } = await observed()
    fake.refused.add('v1/services')
    const before = await observe(world, everything)
    expect(before.unread).toHaveProperty('v1/services')
    fake.refused.clear()
    expect((await refresh(before, [{ kind: 'list', resource: 'v1/services' }], world)).unread).toEqual({})
  })
})
