/** What commander hands over for one option. */
export type Given = string | boolean | readonly string[] | undefined

/** An option of a command. Declared once: parsing, help, completion and docs derive from it. */
export interface Option<T> {
  /** `maybe`: with a value or without one. */
  readonly kind: 'flag' | 'value' | 'maybe' | 'list'
  readonly summary: string
  /** How the value is called in help: `CIDR`. */
  readonly value?: string
  readonly short?: string
  readonly choices?: readonly string[]
  readonly fallback?: string
  /** `--no-x` beside `--x`. */
  readonly negatable?: true
  readonly group?: string
  /** From what was given, after choices were checked, to what the handler gets. */
  readonly read: (given: Given) => T
}

export type Options = Readonly<Record<string, Option<unknown>>>
export type Values<O extends Options> = { readonly [K in keyof O]: O[K] extends Option<infer T> ? T : never }

type Extra = Pick<Option<unknown>, 'short' | 'group'>

const text = (given: Given): string | undefined => (typeof given === 'string' ? given : undefined)

/** `--x` */
export const flag = (summary: string, extra: Extra = {}): Option<boolean> => ({
  kind: 'flag',
  summary,
  read: given => given === true,
  ...extra,
})

/** `--x` or `--no-x`; undefined: neither was given. */
export const yesNo = (summary: string, extra: Extra = {}): Option<boolean | undefined> => ({
  kind: 'flag',
  summary,
  negatable: true,
  read: given => (typeof given === 'boolean' ? given : undefined),
  ...extra,
})

/** `--x VALUE` */
export const value = (name: string, summary: string, extra: Extra = {}): Option<string | undefined> => ({
  kind: 'value',
  value: name,
  summary,
  read: text,
  ...extra,
})

/** `--x` or `--x VALUE`; an empty text: without one. undefined: not given. */
export const maybeValue = (name: string, summary: string, extra: Extra = {}): Option<string | undefined> => ({
  kind: 'maybe',
  value: name,
  summary,
  read: given => (given === true ? '' : text(given)),
  ...extra,
})

/** `--x a`, one of some words; undefined: not given. */
export const choice = <const C extends string>(
  choices: readonly C[],
  summary: string,
  extra: Extra = {},
): Option<C | undefined> => ({
  kind: 'value',
  value: choices.join('|'),
  summary,
  choices,
  read: given => choices.find(word => word === given),
  ...extra,
})

/** `--x a`, with a value that holds when nothing is given. */
export const choiceOr = <const C extends string>(
  choices: readonly C[],
  fallback: C,
  summary: string,
  extra: Extra = {},
): Option<C> => ({
  kind: 'value',
  value: choices.join('|'),
  summary,
  choices,
  fallback,
  read: given => choices.find(word => word === given) ?? fallback,
  ...extra,
})

/** `--x a,b --x c`; with choices each part must be one of them. */
export const list = (
  name: string,
  summary: string,
  choices?: readonly string[],
  extra: Extra = {},
): Option<readonly string[]> => ({
  kind: 'list',
  value: name,
  summary,
  ...(choices && { choices }),
  read: given => (Array.isArray(given) ? given : []),
  ...extra,
})

/** `nodeMask` → `node-mask` */
export const longName = (key: string): string =>
  key.replaceAll(/[A-Z]/g, letter => `-${letter.toLowerCase()}`)
