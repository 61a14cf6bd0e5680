import { existsSync } from 'node:fs'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { systemClock } from '../base/clock.ts'
import type { Verification } from '../model/verification.ts'
import { sample } from '../report/verification/testing/sample.ts'
import type { Context } from './context.ts'
import { verificationReport } from './verify-reporting.ts'

let cwd = ''
const said = { stdout: '', stderr: '' }
beforeEach(async () => {
  cwd = await mkdtemp(join(tmpdir(), 'verify-'))
  said.stdout = said.stderr = ''
})
afterEach(() => rm(cwd, { recursive: true, force: true }))

const output = (name: 'stdout' | 'stderr') => ({
  write: (text: string) => void (said[name] += text),
  isTTY: false,
  columns: () => 100,
})
const context = (): Context => ({
  stdout: output('stdout'),
  stderr: output('stderr'),
  env: {},
  cwd,
  signal: new AbortController().signal,
  clock: systemClock,
})
type Given = Partial<Parameters<typeof verificationReport>[0]>
const reporting = (given: Given = {}) =>
  verificationReport(
    { output: 'text', document: [], save: undefined, baseline: undefined, ...given },
    context(),
  )
const well = (): Verification => ({
  ...sample(),
  answers: sample().answers.filter(({ outcome }) => outcome === 'passed'),
})

test.each([
  ['all passed', well(), 0],
  ['something failed', sample(), 7],
  ['nothing could be asked', { ...sample(), answers: [] }, 7],
  [
    'nothing was asked in a family',
    { ...well(), answers: well().answers.filter(({ ask }) => ask.family === 'IPv4') },
    7,
  ],
  [
    'a node could not be tried',
    { ...well(), skipped: [{ scenario: 'nodes', reason: 'node n4: it is not ready' }] },
    7,
  ],
])('%s', async (_, verification, code) => {
  expect(await (await reporting()).show(verification)).toBe(code)
})

test('what failed in the baseline too is told, and is no failure; what worked then and fails is', async () => {
  await (await reporting({ save: 'before.json' })).show(sample())
  said.stdout = ''
  expect(await (await reporting({ baseline: 'before.json' })).show(sample())).toBe(0)
  expect(said.stdout).toContain('failed in the baseline too')
  await (await reporting({ save: 'well.json' })).show(well())
  said.stdout = ''
  expect(await (await reporting({ baseline: 'before.json', output: 'json' })).show(well())).toBe(0)
  said.stdout = ''
  const worse: Verification = {
    ...well(),
    answers: well().answers.map((answer, index) => (index === 0 ? { ...answer, outcome: 'failed' } : answer)),
  }
  expect(await (await reporting({ baseline: 'well.json', output: 'json' })).show(worse)).toBe(7)
  expect((JSON.parse(said.stdout) as Verification).worse).toEqual([worse.answers[0]?.ask.id])
})

test('one run gives a page, JUnit and a baseline; stdout has the result alone', async () => {
  const report = await reporting({ document: ['a.html', 'b.xml'], save: 'c.json', output: 'json' })
  await report.show(sample())
  expect(await readFile(join(cwd, 'a.html'), 'utf8')).toMatch(/^<!doctype html>/)
  expect(await readFile(join(cwd, 'b.xml'), 'utf8')).toMatch(/^<\?xml /)
  expect(JSON.parse(await readFile(join(cwd, 'c.json'), 'utf8'))).toEqual(sample())
  expect(JSON.parse(said.stdout)).toEqual(sample())
  expect(said.stderr).toBe('written to a.html\nwritten to b.xml\nwritten to c.json\n')
})

test('mistakes are told before anything is sent', async () => {
  await writeFile(join(cwd, 'plan.json'), '{"apiVersion":"dualstack/v1"}')
  await expect(reporting({ baseline: 'plan.json' })).rejects.toMatchObject({ code: 'verify.baseline' })
  await expect(reporting({ document: ['x.pdf'] })).rejects.toMatchObject({ code: 'usage' })
  await expect(reporting({ save: 'plan.json' })).rejects.toThrow('plan.json is there already')
  await (await reporting({ save: 'c.json' })).show(sample())
  const report = await reporting({ baseline: 'c.json' })
  expect(() => report.requireCluster('another')).toThrow('baseline of another cluster')
  report.requireCluster(sample().cluster)
})

test('a file that came meanwhile is not written over, and the result is printed all the same', async () => {
  const report = await reporting({ save: 'c.json' })
  await writeFile(join(cwd, 'c.json'), 'mine')
  await expect(report.show(well())).rejects.toThrow('is there already')
  expect(said.stdout).toContain('All 26 probes passed')
  expect(await readFile(join(cwd, 'c.json'), 'utf8')).toBe('mine')
  expect(existsSync(join(cwd, 'a.html'))).toBe(false)
})
