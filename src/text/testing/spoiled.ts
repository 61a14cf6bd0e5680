import * as fc from 'fast-check'

const marks = [
  '\\',
  '"',
  '\0',
  '\n',
  '\t',
  '\r\n',
  '\ufffd',
  '\u2028',
  'é',
  '{',
  '}',
  '[',
  ']',
  ':',
  ',',
  '|',
  ' ',
]
const words = ['null', 'NaN', '-1', '99999999999999999999', '""', '{}', '[null]', 'error: ', '1e999']

/** What a program printed, as it may arrive: cut off, mixed with itself or with something else, with bytes that are no UTF-8. */
export function spoiled(text: string): fc.Arbitrary<string> {
  const place = fc.nat(text.length)
  const odd = fc.constantFrom(...marks, ...words)
  const piece = fc.oneof(odd, fc.string({ unit: 'binary', maxLength: 8 }))
  const step = fc.oneof(
    place.map(at => (now: string) => now.slice(0, at)),
    place.map(at => (now: string) => now.slice(at)),
    fc.tuple(place, place).map(
      ([from, to]) =>
        (now: string) =>
          now.slice(0, from) + now.slice(to),
    ),
    fc.tuple(place, place).map(
      ([at, of]) =>
        (now: string) =>
          now.slice(0, at) + text.slice(of) + now.slice(at),
    ),
    fc.tuple(place, piece).map(
      ([at, put]) =>
        (now: string) =>
          now.slice(0, at) + put + now.slice(at),
    ),
    fc.tuple(place, piece).map(
      ([at, put]) =>
        (now: string) =>
          now.slice(0, at) + put + now.slice(at + put.length),
    ),
    // Half of a character, as where bytes are counted.
    place.map(at => (now: string) => Buffer.from(now).subarray(at).toString('utf8')),
    place.map(at => (now: string) => Buffer.from(now).subarray(0, at).toString('utf8')),
  )
  return fc.array(step, { maxLength: 4 }).map(steps => steps.reduce((now, change) => change(now), text))
}

/** A JSON text in which some value is another one than expected, or which is spoiled as any text. */
export function spoiledJson(value: unknown): fc.Arbitrary<string> {
  const text = JSON.stringify(value)
  const paths = pathsOf(value, [])
  const other = fc.oneof(
    fc.constantFrom<unknown>(null, [], {}, [null], '', 0, -1, true, { toString: 1 }, [[]]),
    fc.jsonValue({ maxDepth: 2 }),
  )
  const changed = fc
    .array(fc.tuple(fc.constantFrom(...paths), other), { minLength: 1, maxLength: 3 })
    .map(changes => JSON.stringify(changes.reduce((now, [path, put]) => exchanged(now, path, put), value)))
  return fc.oneof(spoiled(text), changed)
}

type Path = readonly (string | number)[]

function pathsOf(value: unknown, at: Path): readonly Path[] {
  if (typeof value !== 'object' || value === null) return [at]
  const entries: readonly (readonly [string | number, unknown])[] = Array.isArray(value)
    ? value.map((item: unknown, index) => [index, item] as const)
    : Object.entries(value)
  return [at, ...entries.flatMap(([key, item]) => pathsOf(item, [...at, key]))]
}

function exchanged(value: unknown, [key, ...rest]: Path, put: unknown): unknown {
  if (key === undefined) return put
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value))
    return value.map((item: unknown, index) => (index === key ? exchanged(item, rest, put) : item))
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [name, name === key ? exchanged(item, rest, put) : item]),
  )
}
