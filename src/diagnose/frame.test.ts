import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { catalogue } from './catalogue.ts'
import { unframe } from './frame.ts'
import { Matcher } from './matcher.ts'

const words = 'E1123 07:47:50.797932       1 run.go:72] "command failed" err="x"'
const at = '2026-11-23T07:47:50.798Z'

test.each([
  ['nothing', words, { text: words, at: '11-23 07:47:50', severity: 'error' }],
  ['containerd', `2026-11-23T07:47:50.798000000Z stderr F ${words}`, { text: words, at, severity: 'error' }],
  ['Docker', JSON.stringify({ log: `${words}\n`, stream: 'stderr', time: at }), { text: words, at }],
  ['Docker, cut off', JSON.stringify({ log: `${words}\n`, stream: 'stderr' }).slice(0, -8), { text: words }],
  [
    'journald’s JSON',
    JSON.stringify({
      MESSAGE: words,
      __REALTIME_TIMESTAMP: '1795420070798000',
      SYSLOG_IDENTIFIER: 'kubelet',
    }),
    { text: words, at: '2026-11-23T07:47:50.798Z', by: 'kubelet' },
  ],
  ['journald’s JSON of bytes', JSON.stringify({ MESSAGE: [...Buffer.from(words)] }), { text: words }],
  ['journald, short', `Nov 23 07:47:50 n1 kubelet[812]: ${words}`, { text: words, by: 'kubelet' }],
  [
    'journald, short, in Chinese',
    `11月 23 07:47:50 n1 kubelet[812]: ${words}`,
    { text: words, by: 'kubelet' },
  ],
  ['journald, short, in German', `Mär 23 07:47:50 n1 kubelet[812]: ${words}`, { text: words, by: 'kubelet' }],
  [
    'journald, short-iso',
    `2026-11-23T09:47:50+0200 n1 kubelet[812]: ${words}`,
    { text: words, at: '2026-11-23T07:47:50.000Z', by: 'kubelet' },
  ],
  ['kubectl logs --prefix', `[pod/kube-proxy-x/kube-proxy] ${words}`, { text: words, by: 'kube-proxy' }],
  ['kubectl logs --timestamps', `${at} ${words}`, { text: words, at }],
  ['colours', `\u001B[31m${words}\u001B[0m`, { text: words, severity: 'error' }],
  ['carriage returns', `${words}\r`, { text: words }],
  ['containerd within Docker', JSON.stringify({ log: `${at} stderr F ${words}\n` }), { text: words, at }],
] as const)('%s is taken off', (_, line, expected) => {
  expect(unframe(line)).toMatchObject(expected)
})

test.each([
  ['{"level":"error","ts":"2026-11-23T07:47:50Z","msg":"x"}', 'error'],
  ['time="2026-11-23T07:47:50Z" level=fatal msg="x"', 'fatal'],
  ['2026-11-23 07:25:35.256 [ERROR][10] startup/startup.go 431: x', 'error'],
  ['[FATAL] plugin/loop: x', 'fatal'],
  ['F1123 07:47:50.797932       1 run.go:72] x', 'fatal'],
  ['I1123 07:47:50.797932       1 run.go:72] "no error"', undefined],
  ['level=info msg="an error was mended"', undefined],
] as const)('%s: its severity is %s', (line, severity) => {
  expect(unframe(line).severity).toBe(severity)
})

const matcher = new Matcher(catalogue)
test('no line, whatever is in it, makes it fail', () => {
  const lines = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 400 }),
    fc.json({ maxDepth: 3 }),
    fc
      .tuple(fc.constantFrom('{"log":', '{"MESSAGE":', '\u001B[', '2026-11-23T'), fc.string())
      .map(parts => parts.join('')),
  )
  fc.assert(
    fc.property(lines, line => {
      const bytes = Buffer.from(line)
      matcher.hear(bytes, 0, bytes.length, undefined)
      matcher.read(line, undefined)
    }),
  )
})
