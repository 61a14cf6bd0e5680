import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { systemClock } from '../base/clock.ts'
import type { Lost, Watched } from '../model/watch.ts'
import type { Context } from './context.ts'
import { durationOf, watchingOf } from './watching.ts'

test.each([
  ['90s', 90],
  ['5m', 300],
  ['1h30m', 5400],
  ['45', 45],
])('%s is %d seconds', (given, seconds) => {
  expect(durationOf('--for', given)).toBe(seconds)
})

test.each(['', '0', '0s', '5 m', '-5m', '5d', 'm', '1e3', '9'.repeat(400)])(
  '%j is no length of time',
  given => {
    expect(() => durationOf('--for', given)).toThrow(`--for ${given}: no length of time`)
  },
)

const lost: Lost = {
  ask: {
    id: 'a',
    scenario: 'pod-to-pod',
    family: 'IPv4',
    protocol: 'TCP',
    from: { kind: 'pod', name: 'x/a' },
    to: { kind: 'pod', name: 'x/b' },
    expect: 'answers',
  },
  at: '2026-05-04T02:11:40.120Z',
  seen: 'refused',
  during: ['kubelet/n1'],
}
const watched: Watched = {
  from: '2026-05-04T02:11:00.000Z',
  to: '2026-05-04T02:12:00.000Z',
  sent: 60,
  asks: [lost.ask],
  unwatched: [],
  lost: [],
  more: 0,
  unheard: [],
}

const said = { stdout: '', stderr: '' }
let cwd = ''
beforeEach(async () => {
  cwd = await mkdtemp(join(tmpdir(), 'watching-'))
  said.stdout = said.stderr = ''
})
afterEach(() => rm(cwd, { recursive: true, force: true }))

const keep = (name: 'stdout' | 'stderr') => ({
  write: (text: string) => void (said[name] += text),
  isTTY: false,
  columns: () => 80,
})
const context = (): Context => ({
  stdout: keep('stdout'),
  stderr: keep('stderr'),
  env: {},
  cwd,
  signal: new AbortController().signal,
  clock: systemClock,
})
const watching = (given: Partial<Parameters<typeof watchingOf>[0]> = {}) =>
  watchingOf(
    { withTraffic: true, rate: undefined, image: undefined, document: [], output: 'text', ...given },
    context(),
    keep('stderr').write,
  )

test.each([
  ['text', '1 path in 60 s: none lost', 1],
  ['json', '"kind":"watched"', 2],
] as const)('%s: a loss is told at once, the whole at the end', async (output, end, lines) => {
  const reporter = (await watching({ output }))?.reporter
  reporter?.onLost(lost)
  expect(said.stderr).toContain('02:11:40.120 lost pod-to-pod IPv4: x/a → x/b: refused, during kubelet/n1\n')
  await reporter?.onEnd(watched)
  expect(said.stdout).toContain(end)
  expect(said.stdout.trim().split('\n')).toHaveLength(lines)
  if (output === 'json')
    for (const line of said.stdout.trim().split('\n'))
      expect(JSON.parse(line)).toMatchObject({ apiVersion: 'dualstack/watch/v1' })
})

test('documents are written besides, and nothing is written over', async () => {
  const given = { document: ['a.html', 'b.json'] }
  await (await watching(given))?.reporter.onEnd(watched)
  expect(await readFile(join(cwd, 'a.html'), 'utf8')).toMatch(/^<!doctype html>/)
  expect(JSON.parse(await readFile(join(cwd, 'b.json'), 'utf8'))).toEqual({
    apiVersion: 'dualstack/watch/v1',
    ...watched,
  })
  await expect(watching(given)).rejects.toThrow('a.html is there already')
})

test.each([
  [{ document: ['a.pdf'] }, '--document a.pdf'],
  [{ rate: '0' }, '--rate "0"'],
  [{ rate: 'many' }, '--rate "many"'],
  [{ image: '' }, '--image names no image'],
  [{ withTraffic: false, rate: '5' }, '--rate is about traffic'],
  [{ withTraffic: false, image: 'x' }, '--image is about traffic'],
  [{ withTraffic: false, document: ['a.html'] }, '--document is about traffic'],
])('%j is told before anything is asked', async (given, says) => {
  await expect(watching(given)).rejects.toThrow(says)
})

test('nothing is watched unless it was asked for, and rather slowly unless a rate is named', async () => {
  expect(await watching({ withTraffic: false })).toBeUndefined()
  expect((await watching())?.rate).toBe(20)
  expect((await watching({ rate: '7' }))?.rate).toBe(7)
})
