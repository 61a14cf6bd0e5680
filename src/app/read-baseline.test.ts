import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { readBaseline, requireSameCluster } from './read-baseline.ts'

const golden = resolve(import.meta.dirname, '../../test/golden/verification-v1.json')
let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'baseline-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

test('a baseline of the first release is read', async () => {
  const baseline = await readBaseline(golden)
  expect(baseline.answers.length).toBeGreaterThan(20)
})

test.each([
  ['no JSON', '{"apiVersion": ', 'is no baseline: '],
  ['a plan', '{"apiVersion": "dualstack/v1", "steps": []}', 'is no baseline: '],
  ['another version', '{"apiVersion": "dualstack/verify/v9"}', 'its version is dualstack/verify/v9'],
  ['nothing', '', 'is no baseline: '],
])('%s is one clear error that names the file', async (_, text, said) => {
  const path = join(folder, 'b.json')
  await writeFile(path, text)
  await expect(readBaseline(path)).rejects.toMatchObject({
    code: 'verify.baseline',
    exitCode: 2,
    message: expect.stringMatching(new RegExp(`b\\.json is no baseline: .*`)) as string,
    hint: expect.stringContaining('--save') as string,
  })
  await expect(readBaseline(path)).rejects.toThrow(said)
})

test('a file that is not there is named', async () => {
  await expect(readBaseline(join(folder, 'none.json'))).rejects.toMatchObject({ code: 'verify.baseline' })
})

test('a baseline of another cluster is refused', async () => {
  const baseline = await readBaseline(golden)
  requireSameCluster(baseline, baseline.cluster, 'b.json')
  expect(() => requireSameCluster(baseline, 'u-2', 'b.json')).toThrow(
    `b.json is a baseline of another cluster (${baseline.cluster}); this one is u-2`,
  )
})
