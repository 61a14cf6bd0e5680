/** Narrow accessors for parsed JSON and YAML: what is not of the asked type counts as not there. */
export type RawRecord = Readonly<Record<string, unknown>>

const none: RawRecord = {}

export const isRecord = (value: unknown): value is RawRecord =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

export const recordOf = (value: unknown): RawRecord => (isRecord(value) ? value : none)

export const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [])

/** undefined for an empty string too: kubeconfig and Status treat both alike. */
export const textOf = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== '' ? value : undefined

export const numberOf = (value: unknown): number | undefined =>
  typeof value === 'number' ? value : undefined
