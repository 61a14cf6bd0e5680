import { RefusedError } from '../../base/errors.ts'

/** A value as one word of a POSIX shell. The only way by which a value gets into a script. */
export function quote(value: string): string {
  if (value.includes('\0')) {
    throw new RefusedError(
      'a value for a node contains a NUL byte',
      'nodes.value',
      'No path, name or address has one.',
    )
  }
  return `'${value.replaceAll("'", String.raw`'\''`)}'`
}

/** `NAME='value'` lines. Names come from our own code. */
export function assignments(values: Readonly<Record<string, string | number>>): string {
  return Object.entries(values)
    .map(([name, value]) => `${name}=${quote(String(value))}\n`)
    .join('')
}

/** Values for a script that takes them one a line. Throws RefusedError for a value that would be two. */
export function oneALine(values: readonly string[]): string {
  const broken = values.find(value => /[\n\r]/.test(value))
  if (broken !== undefined) {
    throw new RefusedError(
      `${JSON.stringify(broken)} contains a line break`,
      'nodes.value',
      'Such a path or argument is not supported.',
    )
  }
  return values.join('\n')
}

export const toBase64 = (text: string): string => Buffer.from(text, 'utf8').toString('base64')
