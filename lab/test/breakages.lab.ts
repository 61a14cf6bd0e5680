import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Outcome } from '../breakages/breakage.ts'
import { breakages } from '../breakages/index.ts'
import { runAll } from '../breakages/run.ts'
import { down, type Lab, up } from '../index.ts'

/**
 * A converted cluster that is broken on purpose: `verify` sees it and `diagnose` names it. It takes a cluster of its own and some minutes
 * more, so it is asked for: `LAB_BREAKAGES=1` for those that tell most, `LAB_BREAKAGES=host/,kubelet/` for others.
 */
const wanted = process.env['LAB_BREAKAGES'] ?? ''
const name = 'broken'
const say = (text: string): void => void process.stderr.write(`${text}\n`)
if (wanted === '') say('lab/test/breakages.lab.ts is skipped: LAB_BREAKAGES=1 asks for it')

/** One of each kind, and quickly put back. */
const telling = [
  'host/ports-of-one-family',
  'host/nftables-of-one-family',
  'host/forwarding-off',
  'host/default-route-lost',
  'kubeadm/config-left-single',
  'services/prefer-dual-stack-flips',
]
const prefixes = wanted === '1' ? telling : wanted.split(',')
const chosen = breakages.filter(({ id }) => prefixes.some(prefix => id.startsWith(prefix)))

describe.skipIf(wanted === '')('broken on purpose', () => {
  let lab: Lab

  beforeAll(async () => {
    await down(name)
    lab = await up({ name, log: say })
  })
  afterAll(async () => {
    if (process.env['LAB_KEEP'] !== '1') await down(name)
  })

  test('verify sees each, and diagnose names its cause first', { timeout: 90 * 60_000 }, async () => {
    const outcomes: Outcome[] = []
    await runAll(lab, chosen, {
      untilQuiet: false,
      say,
      onOutcome: outcome => void outcomes.push(outcome),
      onFailed: ({ id }, error) => expect.fail(`${id}: ${String(error)}`),
    })
    const told = outcomes.map(({ id, verify, diagnose }) => ({
      id,
      seen: verify.seen,
      first: diagnose.found[0]?.failure,
    }))
    expect(told).toEqual(chosen.map(({ id, expect: { diagnose } }) => ({ id, seen: true, first: diagnose })))
  })
})
