import { randomBytes } from 'node:crypto'
import { UnreachableError } from '../../base/errors.ts'

/** A word that nothing on a node prints by chance: what stands in front of each record of the agent (`emit` in agent/base.sh). */
export const newFrame = (): string => `dualstack-${randomBytes(9).toString('hex')}`

/** One record: its values, the first says what it is. Bytes, as a file may hold anything. */
export type FrameRecord = readonly [string, ...Buffer[]]

/**
 * The records in what a script printed. Lines that are none (banners, warnings) are passed over.
 * @throws UnreachableError when the last record is missing: the output was cut off
 */
export function parseFrames(frame: string, printed: string, node: string): FrameRecord[] {
  const records: FrameRecord[] = []
  let complete = false
  for (const line of printed.split('\n')) {
    const start = line.indexOf(`${frame} `)
    if (start < 0) continue
    const [kind, ...values] = line
      .slice(start + frame.length + 1)
      .split(' ')
      .map(word => Buffer.from(word.slice(1), 'base64'))
    if (kind === undefined) continue
    if (kind.toString() === 'end') complete = true
    else records.push([kind.toString(), ...values])
  }
  if (!complete)
    throw new UnreachableError(
      `node ${node}: the answer was cut off`,
      'nodes.cut-off',
      'Run the same command again.',
    )
  return records
}

/** The values of the first record of a kind, as texts. */
export function first(records: readonly FrameRecord[], kind: string): readonly string[] | undefined {
  const record = records.find(record => record[0] === kind)
  return record?.slice(1).map(value => value.toString())
}
