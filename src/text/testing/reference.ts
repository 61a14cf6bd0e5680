import { parse, parseAllDocuments } from 'yaml'

/** Readers that share no line with the editors: by them the tests judge what a text means. They read what they are given or throw. */

/** A variable and its value, in the order of an env file. */
type Variables = readonly (readonly [name: string, value: string])[]

/**
 * systemd's EnvironmentFile= (systemd.exec(5)), a character at a time: a backslash at the end of a line joins the next one to it, quotes go
 * over several lines, and only a value's own first quotes are taken away.
 */
export function environmentFile(text: string): Variables {
  const found: [string, string][] = []
  let at = 0
  const rest = () => text.slice(at)
  while (at < text.length) {
    const skipped = /^(?:\s+|[#;](?:\\\r?\n|[^\r\n])*)/.exec(rest())?.[0]
    if (skipped !== undefined) {
      at += skipped.length
      continue
    }
    const name = /^[^=\r\n]*/.exec(rest())?.[0] ?? ''
    at += name.length
    if (text[at] !== '=') continue
    at++
    let value = ''
    let kept = 0
    while (at < text.length && !/[\r\n]/.test(text[at] ?? '')) {
      const char = text[at] ?? ''
      if ((char === '"' || char === "'") && value.trim() === '') {
        const close = text.indexOf(char, at + 1)
        const end = close < 0 ? text.length : close
        value = text.slice(at + 1, end)
        kept = value.length
        at = end + 1
      } else if (char === '\\') {
        const joined = /^\\\r?\n/.exec(rest())?.[0]
        if (joined === undefined) value += text[at + 1] ?? ''
        at += joined?.length ?? 2
        kept = value.length
      } else {
        value += char
        at++
      }
    }
    found.push([name.trim(), value.slice(0, Math.max(kept, value.trimEnd().length)).replace(/^\s+/, '')])
  }
  return found.filter(([name]) => /^[A-Za-z_]\w*$/.test(name))
}

/** The words into which systemd splits `$VARIABLE` in ExecStart=. */
export function wordsOf(value: string): string[] {
  const words: string[] = []
  let word: string | undefined
  let quote = ''
  for (const char of value) {
    if (quote !== '') {
      if (char === quote) quote = ''
      else word = `${word ?? ''}${char}`
    } else if (char === '"' || char === "'") {
      quote = char
      word ??= ''
    } else if (/\s/.test(char)) {
      if (word !== undefined) words.push(word)
      word = undefined
    } else word = `${word ?? ''}${char}`
  }
  return word === undefined ? words : [...words, word]
}

/** Flags in order as pflag takes them, undefined for one without a value; a word that is no flag and belongs to none is skipped. */
export function flagsIn(words: readonly string[]): [name: string, value: string | undefined][] {
  const flags: [string, string | undefined][] = []
  for (let index = 0; index < words.length; index++) {
    const word = words[index] ?? ''
    if (word === '--') break
    if (!/^--?[^-=]/.test(word)) continue
    const bare = word.replace(/^--?/, '')
    const equals = bare.indexOf('=')
    const next = words[index + 1]
    const name = (equals < 0 ? bare : bare.slice(0, equals)).split('_').join('-')
    if (equals >= 0) flags.push([name, bare.slice(equals + 1)])
    else if (next === undefined || next.startsWith('-')) flags.push([name, undefined])
    else {
      flags.push([name, next])
      index++
    }
  }
  return flags
}

interface Container {
  readonly name: string
  readonly command?: readonly unknown[] | null
  readonly args?: readonly unknown[] | null
}

/** A static pod's parsed manifest, as Kubernetes' YAML 1.1 reads it. */
export const podOf = (text: string): { readonly spec: { readonly containers: readonly Container[] } } =>
  parse(text, { version: '1.1', logLevel: 'error' }) as never

/** command and args of one container. */
export function argvOf(text: string, name: string): string[] {
  const { command, args } = podOf(text).spec.containers.find(container => container.name === name) ?? {}
  return [...(command ?? []), ...(args ?? [])].map(String)
}

/** Every document that says anything. */
export const documentsOf = (text: string): unknown[] => {
  const all = parseAllDocuments(text, { version: '1.1', logLevel: 'error' })
  return 'empty' in all ? [] : all.map(doc => doc.toJS() as unknown).filter(value => value !== null)
}

/** calico-config's JSON after install-cni has filled in its placeholders, with 0 for each, also inside texts. */
export const filledJson = (text: string): unknown => JSON.parse(text.replace(/__[A-Za-z0-9_]+__/g, '0'))
