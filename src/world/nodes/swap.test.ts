import { expect, test } from 'vitest'
import { UnreachableError } from '../../base/errors.ts'
import { hashText } from '../../text/edits.ts'
import type { StaticPodSwap } from '../ports.ts'
import { nodeAccess } from './index.ts'

const path = '/etc/kubernetes/manifests/kube-apiserver.yaml'
const manifest = (range: string) => `apiVersion: v1
kind: Pod
metadata:
  name: kube-apiserver
  namespace: kube-system
spec:
  containers:
  - command:
    - kube-apiserver
    - --secure-port=6443
    - --service-cluster-ip-range=${range}
    image: registry/kube-apiserver:v1.36.3
    name: kube-apiserver
`
const old = manifest('10.96.0.0/16')
const text = manifest('10.96.0.0/16,fd00::/112')
const swap: StaticPodSwap = {
  path,
  before: hashText(old),
  text,
  run: 'run-1',
  how: 'stand-in',
  service: { address: '10.96.0.1', port: 443 },
  server: { address: '10.0.0.1', port: 6443 },
  within: 60,
}

/** What a script is, told by the values it was given. */
type Kind = 'look' | 'start' | 'watch' | 'settle'
const kindOf = (script: string): Kind =>
  /^SEEN=/m.test(script)
    ? 'watch'
    : /^STANDIN=/m.test(script)
      ? 'start'
      : /^START=/m.test(script)
        ? 'settle'
        : 'look'

type Answer = readonly (readonly string[])[] | Error

/** A node that answers each kind of script with the next of its answers; the last one again and again. */
function node(answers: Partial<Record<Kind, Answer[]>>) {
  const asked: Kind[] = []
  const scripts: string[] = []
  const slept: number[] = []
  let now = 0
  const access = nodeAccess(
    {
      name: 'ssh',
      async run(_node, script) {
        const kind = kindOf(script)
        asked.push(kind)
        scripts.push(script)
        const list = answers[kind] ?? []
        const answer = list.length > 1 ? list.shift() : list[0]
        if (answer instanceof Error) throw answer
        const frame = /^FRAME='(.+)'$/m.exec(script)?.[1] ?? ''
        const lines = [...(answer ?? []), ['end']].map(record =>
          [frame, ...record.map(value => `=${Buffer.from(value).toString('base64')}`)].join(' '),
        )
        return { code: 0, stdout: `${lines.join('\n')}\n`, stderr: '' }
      },
      close: async () => undefined,
    },
    {
      clock: {
        now: () => now,
        async sleep(ms, signal) {
          slept.push(ms)
          now += ms
          await new Promise(resolve => setImmediate(resolve))
          signal?.throwIfAborted()
        },
      },
    },
  )
  return { access, asked, scripts, slept }
}
const looked = [
  ['hash', hashText(old)],
  ['text', old],
  ['ports', '6444', '6445'],
]
const started = [['done', 'started']]
const away = new UnreachableError('connection refused', 'exec.lost')

test('prepares, starts, and watches to the end, through a way that breaks meanwhile', async () => {
  const { access, asked } = node({
    look: [looked],
    start: [started],
    watch: [
      [
        ['progress', 'proving\n'],
        ['done', 'proof'],
      ],
      away,
      away,
      [
        ['progress', 'ready\ngone\n'],
        ['result', 'swapped\n\n\n'],
        ['done', 'done'],
      ],
    ],
  })
  const heard: string[] = []
  expect(await access.swapStaticPod('n1', { ...swap, onProgress: line => heard.push(line) })).toEqual({
    kind: 'swapped',
  })
  expect(heard).toEqual(['proving', 'ready', 'gone'])
  expect(asked).toEqual(['look', 'start', 'watch', 'watch', 'watch', 'watch'])
})

test('what is there already is not swapped; what somebody changed is not touched', async () => {
  const there = node({
    look: [
      [
        ['hash', hashText(text)],
        ['text', text],
        ['ports', '1', '2'],
      ],
    ],
  })
  expect(await there.access.swapStaticPod('n1', swap)).toEqual({ kind: 'already' })
  const other = node({
    look: [
      [
        ['hash', hashText('x')],
        ['text', 'x'],
        ['ports', '1', '2'],
      ],
    ],
  })
  await expect(other.access.swapStaticPod('n1', swap)).rejects.toMatchObject({
    code: 'nodes.conflict',
    exitCode: 5,
  })
  expect([...there.asked, ...other.asked]).toEqual(['look', 'look'])
})

test('one swap at a time', async () => {
  const { access, asked } = node({ look: [[...looked, ['running', 'dualstack-swap-x.service']]] })
  await expect(access.swapStaticPod('n1', swap)).rejects.toMatchObject({ code: 'nodes.busy' })
  expect(asked).toEqual(['look'])
})

test.each([
  ['undone\nproof\nunknown flag\n', { kind: 'undone', stage: 'proof', says: 'unknown flag' }],
  ['undone\nswap\nline 1\nline 2\n', { kind: 'undone', stage: 'swap', says: 'line 1\nline 2' }],
  [
    'undone\nproof\nFLAG: --audit-webhook-token="abc123"\n',
    { kind: 'undone', stage: 'proof', says: 'FLAG: --audit-webhook-token="REDACTED"' },
  ],
])('the result %j', async (result, outcome) => {
  const { access } = node({
    look: [looked],
    start: [started],
    watch: [
      [
        ['result', result],
        ['done', 'done'],
      ],
    ],
  })
  expect(await access.swapStaticPod('n1', swap)).toEqual(outcome)
})

test.each([
  [
    [
      ['result', 'conflict\nswap\nsomebody changed it\n'],
      ['done', 'done'],
    ],
    { exitCode: 5 },
  ],
  [
    [
      ['result', 'stuck\nswap\nnot ready\n'],
      ['done', 'undo'],
    ],
    { code: 'nodes.swap-stuck', exitCode: 6 },
  ],
  [[['done', 'lost']], { code: 'nodes.swap-stuck' }],
])('what did not end well is no outcome, but an error (%#)', async (answer, error) => {
  const { access } = node({ look: [looked], start: [started], watch: [answer] })
  await expect(access.swapStaticPod('n1', swap)).rejects.toMatchObject(error)
})

test('a node that stays away is given up after all that a swap can take', async () => {
  const { access, slept } = node({ look: [looked], start: [started], watch: [away] })
  await expect(access.swapStaticPod('n1', swap)).rejects.toMatchObject({ code: 'nodes.swap-stuck' })
  const seconds = slept.reduce((sum, ms) => sum + ms, 0) / 1000
  expect(seconds).toBeGreaterThan(swap.within + 600)
})

test('an abort ends the watching, not the swap', async () => {
  const { access, asked } = node({ look: [looked], start: [started], watch: [[['done', 'swap']]] })
  const abort = new AbortController()
  const end = access.swapStaticPod('n1', { ...swap, onProgress: () => undefined }, abort.signal)
  setTimeout(() => abort.abort(new Error('ctrl-c')), 20)
  await expect(end).rejects.toThrow('ctrl-c')
  expect(asked).not.toContain('settle')
})

test('a new file or a removal is no swap', async () => {
  const { access } = node({})
  await expect(access.swapStaticPod('n1', { ...swap, before: null })).rejects.toMatchObject({
    code: 'nodes.swap',
  })
  await expect(access.swapStaticPod('n1', { ...swap, text: null })).rejects.toMatchObject({
    code: 'nodes.swap',
  })
})

test('settle starts what stopped once, waits until nothing is left, and says what cannot end', async () => {
  const busy = [['unit', 'dualstack-swap-x.service', 'busy', '']]
  const { access, scripts } = node({ settle: [busy, busy, []] })
  await access.settle('n1')
  expect(scripts.map(script => /^START=.*$/m.exec(script)?.[0])).toEqual([
    "START='1'",
    "START=''",
    "START=''",
  ])
  const stuck = node({ settle: [busy, [['unit', 'dualstack-swap-x.service', 'stuck', 'not ready']]] })
  await expect(stuck.access.settle('n1')).rejects.toThrow('not ready')
  const telling = node({
    settle: [[['unit', 'dualstack-swap-x.service', 'stuck', '--token=abc123 refused']]],
  })
  await expect(telling.access.settle('n1')).rejects.toThrow('--token=REDACTED refused')
})

test('the agent on the node is told no real storage for the proof', async () => {
  const { access, scripts } = node({
    look: [looked],
    start: [started],
    watch: [
      [
        ['result', 'swapped\n\n\n'],
        ['done', 'done'],
      ],
    ],
  })
  await access.swapStaticPod('n1', swap)
  const proof = /^PROOF_ARGS='([^']*)'$/m.exec(scripts[1] ?? '')?.[1]?.split('\n')
  expect(proof).toEqual([
    '--service-cluster-ip-range=10.96.0.0/16,fd00::/112',
    '--etcd-servers=https://127.0.0.1:1',
    '--secure-port=6445',
  ])
})
