import type { Colours } from './colours.ts'
import { counted, listed, printable } from './printable.ts'

/** What `app/snapshot.ts` reports. */
interface Written {
  readonly folder: string
  readonly version: string
  readonly objects: number
  readonly pods: number
  readonly nodes: readonly string[]
  readonly redacted: readonly string[]
  readonly unread: Readonly<Record<string, string>>
}

export function snapshotText(written: Written, colours: Colours): string {
  const { objects, pods, nodes, redacted } = written
  const unread = Object.entries(written.unread)
  return [
    `${colours.green('written')} to ${written.folder}: ${counted(objects, 'object')} (${counted(pods, 'pod')}), ${counted(nodes.length, 'node')} (${listed(nodes, 5)}), Kubernetes ${printable(written.version)}`,
    ...(redacted.length === 0
      ? []
      : [
          '',
          colours.bold('Confidential values taken out of:'),
          ...redacted.map(place => `  ${printable(place)}`),
        ]),
    ...(unread.length === 0
      ? []
      : [
          '',
          colours.bold('Not read:'),
          ...unread.map(([key, reason]) => `  ${printable(key)}: ${printable(reason)}`),
        ]),
    '',
    `Look at it with: dualstack status --from ${written.folder}`,
  ]
    .map(line => `${line}\n`)
    .join('')
}
