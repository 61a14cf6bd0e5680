import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { Body } from './body.ts'

test('a body is its chunks, one behind the other, whatever was in the buffers before', () => {
  const chunks = fc.array(fc.uint8Array({ minLength: 1, maxLength: 300_000 }), { maxLength: 6 })
  fc.assert(
    fc.property(fc.array(chunks, { minLength: 1, maxLength: 4 }), bodies => {
      // All at once, so that each has a buffer of its own.
      const open = bodies.map(given => {
        const body = new Body()
        for (const chunk of given) body.add(Buffer.from(chunk))
        return { body, wanted: Buffer.concat(given) }
      })
      for (const { body, wanted } of open) expect(body.bytes.equals(wanted)).toBe(true)
      for (const { body } of open) body.drop()
    }),
    { numRuns: 40 },
  )
})

test('a buffer is used again when its body was dropped, and not before, and not twice', () => {
  const body = (fill: number) => {
    const made = new Body()
    for (let count = 0; count < 3; count++) made.add(Buffer.alloc(1000, fill))
    return made
  }
  const first = body(1)
  const { buffer } = first.bytes
  expect(body(2).bytes.buffer).not.toBe(buffer)
  first.drop()
  first.drop()
  const [second, third] = [body(3), body(4)]
  expect(second.bytes.buffer).toBe(buffer)
  expect(third.bytes.buffer).not.toBe(buffer)
  expect(second.bytes.every(byte => byte === 3)).toBe(true)
})
