import { writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type CaseResult, contract } from '../../src/practice/contract/index.ts'
import { down, type Lab, up } from '../index.ts'

/** What the practice cluster promises, asked of a real control plane: the same suite as src/practice/contract.test.ts. */
const name = 'contract'
/** Cases that restart kubelets and control plane components, and wait for them: ten of sixteen minutes. `LAB_CONTRACT=all` runs them too. */
const slow = ['controller-manager/', 'kubelet/', 'static-pods/']
const all = process.env['LAB_CONTRACT'] === 'all'
const cases = contract.filter(({ id }) => all || !slow.some(prefix => id.startsWith(prefix)))
const root = resolve(import.meta.dirname, '../..')
let lab: Lab
let results: readonly CaseResult[] = []

beforeAll(async () => {
  await down(name)
  lab = await up({
    name,
    controlPlanes: 1,
    workers: 1,
    cni: 'calico',
    log: line => void process.stderr.write(`${line}\n`),
  })
  const { stdout, stderr } = await lab.exec(
    'outside',
    [
      process.execPath,
      join(root, 'node_modules/tsx/dist/cli.mjs'),
      join(root, 'lab/test/contract-run.ts'),
      '--ssh-config',
      lab.sshConfig,
      '--only',
      cases.map(({ id }) => id).join(','),
    ],
    { env: { KUBECONFIG: lab.kubeconfig }, timeoutMs: 45 * 60_000 },
  )
  results = stdout
    .split('\n')
    .filter(line => line.startsWith('{'))
    .map(line => JSON.parse(line) as CaseResult)
  writeFileSync(join(lab.dir, 'contract.json'), JSON.stringify(results, undefined, 1))
  process.stderr.write(stderr)
}, 60 * 60_000)

afterAll(async () => {
  if (process.env['LAB_KEEP'] !== '1') await down(name)
})

test.each(cases.map(({ id, title }) => [id, title]))('%s: %s', id => {
  const result = results.find(one => one.id === id)
  expect(result ?? 'the suite ended before').toMatchObject({ outcome: 'held', says: '' })
})
