import { expect, test } from 'vitest'
import type { Ask } from '../../model/verification.ts'
import type { Lost, Watched } from '../../model/watch.ts'
import { noColours } from '../colours.ts'
import { watchedHtml } from './watched-html.ts'
import { lostLine, watchedText } from './watched.ts'

const ask = (name: string): Ask => ({
  id: name,
  scenario: 'pod-to-pod',
  family: 'IPv4',
  protocol: 'TCP',
  from: { kind: 'pod', name: 'verify/a', node: 'n1' },
  to: { kind: 'pod', name, node: 'n2' },
  address: '10.244.2.5',
  port: 8080,
  expect: 'answers',
})
const lost = (name: string, at: string, seen: string, during: readonly string[]): Lost => ({
  ask: ask(name),
  at: `2026-05-04T02:11:${at}Z`,
  seen,
  during,
})
const watched = (more: Partial<Watched>): Watched => ({
  from: '2026-05-04T02:10:00.000Z',
  to: '2026-05-04T02:13:05.400Z',
  sent: 1203,
  asks: [ask('verify/b'), ask('verify/c')],
  unwatched: [],
  lost: [],
  more: 0,
  unheard: [],
  ...more,
})
const text = (value: Watched): string => watchedText(value, { colours: noColours })

test('a watch that lost nothing says so in one line', () => {
  expect(text(watched({}))).toBe('1203 requests on 2 paths in 185 s: none lost.\n')
})

test('each path that lost something, with its moments and the steps then running', () => {
  const shown = text(
    watched({
      lost: [
        lost('verify/b', '40.120', 'connection refused', ['kubelet/n1']),
        lost('verify/b', '41.320', 'no answer in 2 s', ['kubelet/n1', 'kubelet/n2']),
        lost('verify/c', '50.000', '\u001B[2Jodd', []),
      ],
      more: 2,
      unheard: [{ place: 'verify/a', reason: 'no route' }],
    }),
  )
  expect(shown).toMatchInlineSnapshot(`
    "PATH                                                             LOST   FIRST (UTC)    LAST           SEEN                                      DURING
    pod-to-pod IPv4: verify/a (n1) → verify/b (n2) 10.244.2.5:8080   2      02:11:40.120   02:11:41.320   connection refused and no answer in 2 s   kubelet/n1 and kubelet/n2
    pod-to-pod IPv4: verify/a (n1) → verify/c (n2) 10.244.2.5:8080   1      02:11:50.000   02:11:50.000    [2Jodd

    1203 requests on 2 paths in 185 s: 5 lost.
    The first 3 losses are listed; 2 more were counted.
    Not all is known of verify/a: no route
    "
  `)
})

test('what was not watched is told with the reason', () => {
  expect(text(watched({ unwatched: [{ ask: ask('verify/d'), seen: 'no route' }] }))).toBe(
    '1203 requests on 2 paths in 185 s: none lost.\nNot watched, it failed before: pod-to-pod IPv4: verify/a (n1) → verify/d (n2) 10.244.2.5:8080: no route\n',
  )
})

test('as a page: each loss with its step, and nothing of a cluster becomes markup', () => {
  const page = watchedHtml(
    watched({
      lost: [lost('verify/b', '40.120', '<b>refused</b>', ['kubelet/n1'])],
      unheard: [{ place: 'verify/a', reason: 'no route' }],
      unwatched: [{ ask: ask('verify/d'), seen: 'no answer' }],
    }),
  )
  expect(page).toContain('1203 requests on 2 paths in 185 s: 1 lost.')
  expect(page).toContain('<td>2026-05-04T02:11:40.120Z</td>')
  expect(page).toContain('<td>&lt;b&gt;refused&lt;/b&gt;</td><td>kubelet/n1</td>')
  expect(page).toContain('verify/a: no route')
  expect(page).toContain('10.244.2.5:8080: no answer')
  expect(page).not.toContain('<b>refused')
})

test('where nobody was heard nothing is said to be well', () => {
  expect(text(watched({ sent: 0 }))).toContain('nothing was heard')
})

test('a loss on one line', () => {
  expect(lostLine(lost('verify/b', '40.120', 'connection refused\n', ['a', 'b']), noColours)).toBe(
    '02:11:40.120 lost pod-to-pod IPv4: verify/a (n1) → verify/b (n2) 10.244.2.5:8080: connection refused, during a and b\n',
  )
})
