import { createHash } from 'node:crypto'

const short = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 10)

/** A run's or a step's id as the name of one folder: itself where it can be, else cleaned, with a hash behind so that no two meet. */
export function folderName(id: string): string {
  if (/^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/.test(id)) return id
  return `${id
    .replace(/[^A-Za-z0-9._-]+/g, '_')
    .replace(/^[._-]+/, '')
    .slice(0, 60)}-${short(id)}`
}

/** Name of the unit behind a switch, without `.service`. */
export const guardUnit = (run: string, step: string): string => `dualstack-guard-${short(`${run}\n${step}`)}`

/** A label that fits a pod's name: lower case, ten characters. */
export const shortId = (...parts: readonly string[]): string => short(parts.join('\n'))
