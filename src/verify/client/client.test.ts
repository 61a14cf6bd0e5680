import { execFileSync, spawn } from 'node:child_process'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Ask } from '../../model/verification.ts'
import { spoiled } from '../../text/testing/spoiled.ts'
import { shells } from '../../world/nodes/testing/node.ts'
import { askOf } from '../testing/ask.ts'
import { clientScript, format, heardOf, readClient } from './script.ts'
import { judge } from './wire.ts'

const ask = (rest: Partial<Ask>): Ask => askOf({ address: '127.0.0.1', port: 8080, ...rest })

test.each(['GET / HTTP/1.0\r\n\r\n', `a'b%c\\d"$x\`\0\x01\xff`, '0'.repeat(2000), `x${'0'.repeat(33)}y`])(
  'printf of a shell gives exactly the bytes %#',
  bytes => {
    const printed = execFileSync('sh', ['-c', `printf '${format(bytes)}' 0`], { encoding: 'latin1' })
    expect(printed).toBe(bytes)
  },
)

/** A netcat that answers as the far side would: by port. */
const netcat = `#!/bin/sh
for last; do :; done
case $last in
  8080) printf 'HTTP/1.0 200 OK\\r\\n\\r\\n10.1.2.3:4711' ;;
  8081) cat >/dev/null; head -c 9000 /dev/zero ;;
  8082) echo "nc: can't connect to remote host: Connection refused" >&2; exit 1 ;;
  8083) sleep 20 ;;
  *) echo 'BusyBox' ;;
esac
`

test.each(shells)('the client tells what each ask heard, under $name', async ({ argv, there }) => {
  if (!there) return
  const folder = mkdtempSync(join(tmpdir(), 'dualstack-client-'))
  writeFileSync(join(folder, 'nc'), netcat)
  chmodSync(join(folder, 'nc'), 0o755)
  try {
    const asks = [ask({}), ask({ port: 8081, size: 8000 }), ask({ port: 8082 }), ask({ port: 8083 })]
    const [program = 'sh', ...rest] = argv
    const child = spawn(program, rest, { env: { PATH: `${folder}:${process.env['PATH'] ?? ''}` } })
    child.stdin.end(clientScript(asks, 2))
    const parts: string[] = []
    for await (const part of child.stdout) parts.push(String(part))
    const heard = readClient('a', parts.join(''), '', asks.length)
    expect(
      asks.map((one, index) => judge(one, heard[index] ?? { bytes: '', total: 0, said: '' }).seen),
    ).toEqual(['status 200', 'an answer that is not HTTP', 'connection refused', 'no answer in 2 s'])
    expect(heard[1]?.total).toBe(9000)
    expect(judge(asks[0] ?? ask({}), heard[0] ?? { bytes: '', total: 0, said: '' }).seenFrom).toBe('10.1.2.3')
  } finally {
    rmSync(folder, { recursive: true })
  }
})

// A text of agnhost ends anywhere: after 700 bytes no more is kept. An answer whose last byte is a backslash ended verify once.
test('whatever bytes agnhost is answered, and wherever that is cut off, a beginning of it is heard', () => {
  const byte = fc.oneof(
    fc.constantFrom(0x5c, 0x22, 0x75, 0x30, 0x0a, 0xc3, 0xff),
    fc.integer({ min: 0, max: 255 }),
  )
  fc.assert(
    fc.property(fc.array(byte, { maxLength: 60 }), fc.nat(500), (bytes, kept) => {
      const answer = Buffer.from(bytes).toString('utf8')
      const body = `{"responses":[${JSON.stringify(answer)}]}\n`
      const printed = Buffer.from(`HTTP/1.1 200 OK\r\n\r\n${body}`)
      const hex = printed.toString('hex')
      const heard = heardOf(`dial|=${hex.length}:${hex.slice(0, 2 * (kept + 35))}|`, 3)
      const whole = heard.bytes.replace(/\ufffd+$/, '')
      expect(answer.startsWith(whole)).toBe(true)
      if (kept + 35 >= printed.length) expect(heard.bytes).toBe(answer)
    }),
    { numRuns: 2000 },
  )
})

test('whatever is mixed into what a pod printed, it is heard, or refused in words', () => {
  const hex = (text: string): string => Buffer.from(text).toString('hex')
  const body = 'HTTP/1.1 200 OK\r\n\r\n{"responses":["10.1.2.3:4711 é \\u0000\\n"]}\n'
  const told = `@0 3 dial|=${hex(body).length}:${hex(body)}|\n@1 -4 nc: connect: Connection refused|\n@end\n`
  fc.assert(
    fc.property(spoiled(told), spoiled(body), (printed, answer) => {
      for (const line of printed.split('\n')) judge(ask({ protocol: 'UDP' }), heardOf(line, 1))
      const heard = heardOf(`dial|=${hex(answer).length}:${hex(answer)}|`, 1)
      expect(typeof heard.bytes).toBe('string')
      try {
        expect(readClient('peer-n1', printed, '', 2)).toHaveLength(2)
      } catch (error) {
        expect(error).toMatchObject({ code: 'verify.client' })
      }
    }),
    { numRuns: 2000 },
  )
})

test.each(['\\q', '\\N', '\n', '\u0001', '\\u12'])(
  '%j in an answer of agnhost ends what is heard of it',
  odd => {
    const body = `HTTP/1.1 200 OK\r\n\r\n{"responses":["abc${odd}d"]}\n`
    const hex = Buffer.from(body).toString('hex')
    expect(heardOf(`dial|=${hex.length}:${hex}|`, 1).bytes).toBe('abc')
  },
)

test('a pod without a shell that works is one clear error', () => {
  expect(() => readClient('peer-n1', '', 'sh: nc: not found', 2)).toThrowError(
    /peer-n1 did not come to its end: sh: nc: not found/,
  )
})

test.each([
  ['ds\x85\0\0\x01\0\x02', '2 AAAA records', true],
  ['ds\x85\x03\0\x01\0\0', 'DNS says NXDOMAIN', false],
  ['ds\x85\0\0\x01\0\0', 'DNS has no AAAA record of it', false],
  ['no', 'an answer that is not DNS', false],
])('DNS answers %j', (head, seen, through) => {
  const bytes = head.length < 4 ? head : `${head}\0\0\0\0`
  const reply = judge(ask({ protocol: 'DNS', record: 'AAAA', host: 'a.b' }), {
    bytes,
    total: bytes.length,
    said: '',
  })
  expect(reply).toMatchObject({ seen, through })
})

test.each([
  ['pod', 404, false],
  ['ingress', 404, true],
  ['ingress', 503, false],
] as const)('from a %s, status %i counts as an answer: %s', (kind, status, through) => {
  const bytes = `HTTP/1.1 ${status} X\r\n\r\n`
  expect(judge(ask({ to: { kind, name: 'b' } }), { bytes, total: bytes.length, said: '' }).through).toBe(
    through,
  )
})

test('a held connection must be answered at both ends', () => {
  const one = 'HTTP/1.1 200 OK\r\n\r\nx'
  const held = ask({ hold: 3 })
  expect(judge(held, { bytes: one, total: one.length, said: '' }).through).toBe(false)
  expect(judge(held, { bytes: one + one, total: one.length * 2, said: '' }).through).toBe(true)
})
