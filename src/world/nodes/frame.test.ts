import { execFileSync } from 'node:child_process'
import { describe, expect, test } from 'vitest'
import { first, parseFrames } from './frame.ts'
import { program, realPlace } from './script.ts'
import { shells } from './testing/node.ts'

const b64 = (text: string) => `=${Buffer.from(text).toString('base64')}`

describe.each(shells)('$name', ({ argv, there }) => {
  test.skipIf(!there)('records survive whatever is in them, and noise between them', () => {
    const odd = ['', ' a  b ', "it's", 'two\nlines\n\n', 'F =ZW5k', '\\n%s$(id)`id`', 'ß€𝄞', '-n']
    const body = `echo 'Welcome to node n1'\n${odd.map((_, index) => `emit "$V${index}" "$V${index}"`).join('\n')}\nfinish\n`
    const values = Object.fromEntries(odd.map((text, index) => [`V${index}`, text]))
    const [shell = 'sh', ...args] = argv
    const script = `${program([], { FRAME: 'F', ...values }, realPlace)}\n${body}`
    const records = parseFrames('F', execFileSync(shell, args, { input: script }).toString(), 'n1')
    expect(records.map(([kind, value]) => [kind, value?.toString()])).toEqual(odd.map(text => [text, text]))
  })
})

test('an answer without its last record was cut off', () => {
  const printed = `F ${b64('file')} ${b64('/a')}\n`
  expect(() => parseFrames('F', printed, 'n1')).toThrow('node n1: the answer was cut off')
  expect(first(parseFrames('F', `${printed}F ${b64('end')}\n`, 'n1'), 'file')).toEqual(['/a'])
})

test('a record that follows text without a line end is found', () => {
  expect(
    first(parseFrames('F', `banner F ${b64('done')} ${b64('x')}\nF ${b64('end')}\n`, 'n1'), 'done'),
  ).toEqual(['x'])
})
