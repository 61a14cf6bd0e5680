import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ConflictError } from '../base/errors.ts'
import { applyEdits, hashText, invertEdits, type LineEdit, lineEdits, linesOf } from './edits.ts'

/** Few different lines, so that they repeat; both line ends; with and without one at the end. */
const line = fc
  .tuple(fc.constantFrom('', 'a', 'b', '- --x=1', ' '), fc.constantFrom('\n', '\n', '\r\n'))
  .map(parts => parts.join(''))
const text = fc
  .tuple(fc.array(line, { maxLength: 12 }), fc.constantFrom('', 'end', '\r'))
  .map(([lines, end]) => lines.join('') + end)

describe('lineEdits', () => {
  it('leads from one text to the other', () => {
    fc.assert(
      fc.property(text, text, (before, after) => {
        expect(applyEdits(before, lineEdits(before, after))).toBe(after)
      }),
      { numRuns: 1000 },
    )
  })

  it('leads back when inverted, and forth again when inverted twice', () => {
    fc.assert(
      fc.property(text, text, (before, after) => {
        const edits = lineEdits(before, after)
        expect(applyEdits(after, invertEdits(edits))).toBe(before)
        expect(invertEdits(invertEdits(edits))).toEqual(edits)
      }),
      { numRuns: 1000 },
    )
  })

  it('names only the lines that differ', () => {
    expect(lineEdits('a\nb\nc\nd\n', 'a\nB\nc\nd\ne\n')).toEqual([
      { at: 2, remove: ['b\n'], insert: ['B\n'] },
      { at: 5, remove: [], insert: ['e\n'] },
    ])
  })

  it('says nothing of equal texts', () => expect(lineEdits('a\r\nb', 'a\r\nb')).toEqual([]))

  it('takes a last line end for part of the line', () => {
    expect(lineEdits('a\nb', 'a\nb\nc')).toEqual([{ at: 2, remove: ['b'], insert: ['b\n', 'c'] }])
    expect(lineEdits('a\n', 'a\r\n')).toEqual([{ at: 1, remove: ['a\n'], insert: ['a\r\n'] }])
  })
})

describe('applyEdits', () => {
  const edits: readonly LineEdit[] = [{ at: 2, remove: ['--token=secret\n', 'c\n'], insert: ['x\n'] }]

  it.each([
    ['a\nother\nc\n', 'line 2', 'it is not the line that was there'],
    ['a\n--token=secret\nC\n', 'line 3', 'it is not the line that was there'],
    ['a\n --token=secret\nc\n', 'line 2', 'its white space'],
    ['a\n--token=secret\nc', 'line 3', 'its line end'],
    ['a\n--token=secret\r\nc\n', 'line 2', 'its line end'],
    ['a\n--token=secret\n', 'line 3', 'it is not there'],
    ['', 'line 2', 'the text ends after line 0'],
  ])('refuses %j: %s, %s, and shows no line', (found, where, why) => {
    expect(() => applyEdits(found, edits)).toThrow(ConflictError)
    expect(() => applyEdits(found, edits)).toThrow(where)
    expect(() => applyEdits(found, edits)).toThrow(why)
    expect(() => applyEdits(found, edits)).not.toThrow('secret')
  })

  it('refuses edits that are not in order', () => {
    const insert = { remove: [], insert: ['x\n'] }
    expect(() =>
      applyEdits('a\nb\n', [
        { at: 2, ...insert },
        { at: 1, ...insert },
      ]),
    ).toThrow('not in order')
  })

  it('refuses to glue a line to one that has no end', () => {
    expect(() => applyEdits('a', [{ at: 2, remove: [], insert: ['b\n'] }])).toThrow('its line end')
  })
})

it('linesOf takes a text apart so that joining gives it back', () => {
  fc.assert(
    fc.property(text, found => {
      expect(linesOf(found).join('')).toBe(found)
    }),
  )
})

it('hashText is that of sha256sum', () => {
  expect(hashText('a\n')).toBe('sha256:87428fc522803d31065e7bce3cf03fe475096631e5e07bbd7a0fde60c4cf25c7')
})
