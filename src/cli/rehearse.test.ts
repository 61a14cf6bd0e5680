import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { Rehearsal } from '../report/rehearsal.ts'
import { run } from './testing.ts'

let home: string
beforeEach(() => void (home = mkdtempSync(join(tmpdir(), 'home-'))))
afterEach(() => rmSync(home, { recursive: true }))

const rehearse = (...args: readonly string[]) =>
  run(['rehearse', ...args], {
    env: { HOME: home, XDG_STATE_HOME: home },
    // A rehearsal reaches no cluster.
    openWorld: () => Promise.reject(new Error('a cluster was opened')),
  })

test('without a bundle, the real cluster that comes with the tool goes there and back, and is as it was', async () => {
  const { exitCode, stdout, stderr } = await rehearse()
  expect(exitCode).toBe(0)
  expect(stderr.match(/^(Observe|Preflight|Plan|Apply|Check|Roll back)$/gm)).toEqual(
    'Observe,Preflight,Plan,Apply,Check,Roll back,Check'.split(','),
  )
  expect(stderr).toContain('-    - --service-cluster-ip-range=10.96.0.0/16\n')
  expect(stderr.match(/finished: every step is done/g)).toHaveLength(2)
  const labels = [...stdout.matchAll(/^ {2}(\S+(?: \S+)?) {2,}/gm)].map(([, label]) => label)
  expect(labels).toEqual(
    'cluster,preflight,there,back,interrupted,and back,left alone,faults,equal,stays'.split(','),
  )
  expect(stdout).toMatch(/^ {2}equal +yes: \d+ files and settings, \d+ objects and 30 pods/m)
})

test('nothing of a rehearsal is kept: no journal of the user, no folder of its own', async () => {
  vi.stubEnv('TMPDIR', home)
  try {
    await rehearse('--no-diffs')
  } finally {
    vi.unstubAllEnvs()
  }
  expect(readdirSync(home)).toEqual([])
})

test('-o json prints the summary alone, and diffs can be left out', async () => {
  const { stdout, stderr } = await rehearse('-o', 'json', '--no-diffs', '--fault', 'kill@kubelet/n1')
  const rehearsal = JSON.parse(stdout) as Rehearsal
  expect(rehearsal).toMatchObject({ equal: true, nodes: 2, faults: [{ fault: 'kill', step: 'kubelet/n1' }] })
  expect(stderr).not.toContain('-    - --service-cluster-ip-range=')
  expect(stderr).toContain('fault kill at kubelet/n1: the tool is killed in the middle of the step')
})

test('options of the goal are taken in, also where a fault stops the first call', async () => {
  const { exitCode, stdout } = await rehearse(
    '--pods',
    'fd12:3456::/56',
    '--no-diffs',
    '--fault',
    'cut@host/n2',
  )
  expect(exitCode).toBe(0)
  expect(stdout).toContain('IPPool default-ipv6-ippool: fd12:3456::/56, disabled')
})

test.each([
  [['/nowhere'], '/nowhere'],
  [['--fault', 'earthquake'], "--fault does not know 'earthquake'"],
  [['--pods', '10.0.0.0/8'], 'intent'],
])('%j is a mistake of whoever typed it', async (args, says) => {
  const { exitCode, stderr } = await rehearse(...args, '--no-diffs')
  expect(exitCode).toBe(2)
  expect(stderr).toContain(says === 'intent' ? '10.0.0.0/8' : says)
})
