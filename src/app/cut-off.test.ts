import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { layers } from '../layers/index.ts'
import type { Event } from '../model/event.ts'
import { readBundle } from '../observe/bundle.ts'
import { practiceWorld } from '../practice/index.ts'
import { apply } from './apply.ts'
import { rollback } from './rollback.ts'
import { allReads } from './rules.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'cut-off-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

const isWaiting = (step: string, seen: string) => (event: Event) =>
  event.kind === 'waiting' && event.step === step && event.reading.seen.includes(seen)

/** What goes on in the cluster after somebody pressed Ctrl-C goes on while he reads the plan of the way back, too. */
test.each<[string, (event: Event) => boolean, thinks: number]>([
  [
    'no calico-node has found its address yet',
    isWaiting('cni-calico/addresses-ipv6', 'is not seen by its controller yet'),
    20_000,
  ],
  ['some calico-nodes have', isWaiting('cni-calico/addresses-ipv6', '1 of 2 pods updated'), 20_000],
  ['DNS servers are being made', isWaiting('workloads/dns', 'Deployment kube-system/coredns'), 0],
  ['the only pod of its owner is not ready yet', isWaiting('workloads/kube-system', '0 of 1 pods ready'), 0],
  ['pods are being made', isWaiting('workloads/pods', 'DaemonSet ops/agent'), 0],
])('a way back that begins while %s comes to its end in one go', async (_, isThere, thinks) => {
  const sample = resolve(import.meta.dirname, '../../samples/calico-1cp-1w')
  const practice = practiceWorld(await readBundle(sample, allReads(layers)))
  const stopping = new AbortController()
  const common = {
    world: practice,
    layers,
    intent: {},
    how: 'stand-in' as const,
    by: 'test',
    emit: (event: Event) => {
      if (isThere(event)) stopping.abort(new Error('enough'))
    },
    env: { XDG_STATE_HOME: folder },
  }
  await expect(apply({ ...common, agree: async () => true, signal: stopping.signal })).rejects.toThrow(
    'enough',
  )
  const agree = async () => {
    await practice.clock.sleep(thinks)
    return true
  }
  expect((await rollback({ ...common, agree })).kind).toBe('done')
  expect((await rollback({ ...common, agree })).kind).toBe('nothing')
})
