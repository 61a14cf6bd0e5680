import { expect, test } from 'vitest'
import { systemClock } from '../base/clock.ts'
import type { Lost, Watched } from '../model/watch.ts'
import { durationOf, rateOf, watchReporter } from './watching.ts'

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

test.each(['0', '-1', 'many', '', 'Infinity', '1e9', '9'.repeat(400)])('a rate of %j is refused', given => {
  expect(() => rateOf(given)).toThrow('--rate')
})

test('a rate may be below one a second', () => {
  expect(rateOf('0.5')).toBe(0.5)
})

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
  lost: [],
  more: 0,
  unheard: [],
}

test.each([
  ['text', '1 path in 60 s: none lost', 0],
  ['json', '"kind":"watched"', 2],
] as const)('%s: a loss is told at once, the whole at the end', async (output, end, lines) => {
  const said = { stdout: '', stderr: '' }
  const keep = (name: 'stdout' | 'stderr') => ({
    write: (text: string) => void (said[name] += text),
    isTTY: false,
    columns: () => 80,
  })
  const { onLost, onEnd } = await watchReporter(
    {
      stdout: keep('stdout'),
      stderr: keep('stderr'),
      env: {},
      cwd: '/',
      signal: new AbortController().signal,
      clock: systemClock,
    },
    output,
  )
  onLost(lost)
  expect(said.stderr).toContain('02:11:40.120 lost pod-to-pod IPv4: x/a → x/b: refused, during kubelet/n1\n')
  onEnd(watched)
  expect(said.stdout).toContain(end)
  if (output === 'json')
    expect(
      said.stdout
        .trim()
        .split('\n')
        .map(line => JSON.parse(line) as unknown),
    ).toHaveLength(lines)
})
