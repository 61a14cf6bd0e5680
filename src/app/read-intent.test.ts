import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { readIntent } from './read-intent.ts'

let folder = ''
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'intent-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

const head = 'apiVersion: dualstack/v1\nkind: DualStack\n'
const file = async (content: string | Uint8Array): Promise<string> => {
  const path = join(folder, 'dualstack.yaml')
  await writeFile(path, content)
  return path
}

test('words win over the file, field by field and node by node', async () => {
  const path = await file(`${head}families: [IPv4, IPv6]
pods: {cidr: fd00:1::/56, nodeMask: 64}
nodes: {addresses: {n1: fd00::1, n2: fd00::2}}
workloads: {jobs: delete}
calico: {natOutgoing: true}
`)
  const words = { pods: 'fd00:9::/56', nodeAddress: ['n2=fd00::22'], include: ['bare-pods'], nat: false }
  expect(await readIntent(words, path)).toEqual({
    to: 'dual',
    families: ['IPv4', 'IPv6'],
    pods: 'fd00:9::/56',
    nodeMask: 64,
    natOutgoing: false,
    include: { jobs: true, barePods: true },
    nodeAddresses: { n1: { IPv6: 'fd00::1' }, n2: { IPv6: 'fd00::22' } },
  })
  expect(await readIntent({ to: 'single' }, path)).toMatchObject({ to: 'single' })
  expect(await readIntent({ to: 'single' }, path)).not.toHaveProperty('families')
  expect(await readIntent({ to: 'single' }, undefined)).toEqual({ to: 'single' })
})

test.each([
  ['not UTF-8', Uint8Array.from([0x61, 0x3a, 0x20, 0xff]), 'is not UTF-8'],
  ['binary', Uint8Array.from([0x7f, 0x45, 0x4c, 0x46, 0, 0]), 'is no text'],
  ['huge', `# ${'x'.repeat(1 << 20)}`, 'is larger than 1 MiB'],
])('a file that is %s is refused', async (_, content, message) => {
  await expect(readIntent({}, await file(content))).rejects.toThrow(message)
})

test('what is no file is refused, and what never ends is not read to its end', async () => {
  await expect(readIntent({}, join(folder, 'none.yaml'))).rejects.toThrow('cannot be read')
  await expect(readIntent({}, folder)).rejects.toThrow('cannot be read')
  await expect(readIntent({}, '/dev/zero')).rejects.toThrow('is larger than 1 MiB')
})
