import { expect, test } from 'vitest'
import { resolve } from 'node:path'
import { allRules } from '../app/rules.ts'
import { run } from './testing.ts'

const bundle = resolve(import.meta.dirname, '../../samples/calico-1cp-1w')
const clock = { now: () => Date.parse('2026-11-24T00:00:00Z'), sleep: () => Promise.resolve() }

interface Report {
  readonly verdict: string
  readonly findings: readonly { readonly rule: string; readonly severity: string }[]
}

test('preflight of the sample says it is ready, with every rule accounted for', async () => {
  const { exitCode, stdout, stderr } = await run(['preflight', '--from', bundle], { clock })
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' })
  expect(stdout).toMatch(/^Ready for dual-stack: no error, /m)
  const { stdout: json } = await run(['preflight', '--from', bundle, '-o', 'json'], { clock })
  const report = JSON.parse(json) as Report
  expect(report.verdict).toBe('go')
  const told = new Set(report.findings.map(({ rule }) => rule))
  expect(
    allRules.filter(({ id, versions }) => versions === undefined && !told.has(id)).map(({ id }) => id),
  ).toEqual([])
  const kept = report.findings.filter(({ severity }) => severity === 'ok').length
  expect(stdout).toContain(`${kept} rules kept`)
})

test('an error ends with 8, with what it is and how to mend it; ignored, it stands in nobody’s way', async () => {
  const argv = ['preflight', '--from', bundle, '--services', 'fd00:96::/100']
  const { exitCode, stdout } = await run(argv, { clock })
  expect(exitCode).toBe(8)
  expect(stdout).toMatch(/^Errors: it would not work\n/)
  expect(stdout).toMatch(/- service-range\/too-large\n {4}service range fd00:96::\/100 .*\n {4}mend: /)
  expect(stdout).toMatch(/^Not ready for dual-stack: \d errors?, /m)

  // kubeadm's own rule finds it too.
  const report = JSON.parse((await run([...argv, '-o', 'json'], { clock })).stdout) as Report
  const ids = report.findings.flatMap(({ rule, severity }) => (severity === 'error' ? [rule] : []))
  const ignoring = await run([...argv, '--ignore', ids.join(), '--i-know'], { clock })
  expect(ignoring.exitCode).toBe(0)
  expect(ignoring.stdout).toMatch(/Ignored, as you said\n- service-range\/too-large\n/)
})

test('what planning refuses is told among the rest, not instead of it', async () => {
  const { exitCode, stdout } = await run(['preflight', '--from', bundle, '--pods', '10.9.0.0/16'], { clock })
  expect(exitCode).toBe(8)
  expect(stdout).toContain('- intent.wrong-family\n')
  expect(stdout).toMatch(/\d+ rules kept/)
})

test.each([
  [
    ['--ignore', 'service-range/too-large'],
    /--ignore service-range\/too-large: this is an error, .*\nhint: If you know better, say --i-know besides\.\n/,
  ],
  [
    ['--ignore', 'service-range/to-large'],
    /there is no rule of this id\nhint: Did you mean service-range\/too-large\?\n/,
  ],
  [['--ignore', 'xyz'], /hint: `dualstack explain` lists all rules\.\n/],
])('%j is refused with exit code 2', async (words, message) => {
  const { exitCode, stderr } = await run(['preflight', '--from', bundle, ...words], { clock })
  expect(exitCode).toBe(2)
  expect(stderr).toMatch(message)
})

test('explain tells all of one rule', async () => {
  const id = allRules.find(({ says }) => says !== undefined)?.id ?? ''
  const { exitCode, stdout } = await run(['explain', id])
  expect(exitCode).toBe(0)
  for (const word of [
    'severity:',
    'versions:',
    'why:',
    'mend:',
    'source:',
    'says:',
    'Broken by, for instance',
    'Kept by, for instance',
  ])
    expect(stdout).toContain(word)
})

test('explain lists all rules, and guesses an id that it does not know', async () => {
  const { exitCode, stdout } = await run(['explain'])
  expect(exitCode).toBe(0)
  expect(stdout.trimEnd().split('\n')).toHaveLength(allRules.length + 1)
  expect(await run(['explain', 'overlap/netwrok'])).toMatchObject({
    exitCode: 2,
    stderr: expect.stringContaining('Did you mean overlap/network?') as string,
  })
})

test('an error code is told from a rule', async () => {
  expect(await run(['explain', 'cni.unsupported'])).toMatchObject({
    exitCode: 2,
    stderr: expect.stringContaining('docs/errors.md') as string,
  })
})

test('every rule can be explained', async () => {
  for (const { id } of allRules) expect((await run(['explain', id])).exitCode, id).toBe(0)
})

test('plan says in a line what preflight found', async () => {
  const { stdout } = await run(['plan', '--from', bundle], { clock })
  expect(stdout).toMatch(/^Preflight: no error, \d+ warnings?/m)
})
