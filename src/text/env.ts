import { RefusedError } from '../base/errors.ts'
import { applySplices, eolOf, refused, type Splice } from './splice.ts'

/** One `NAME=value` line of an env file, with the range of the value between its quotes. */
interface Assignment {
  readonly name: string
  readonly quote: '' | '"' | "'"
  readonly start: number
  readonly end: number
}

/** A flag in a value, with the range of its one or two words. */
interface FlagWord {
  readonly name: string
  readonly value: string | undefined
  readonly start: number
  readonly end: number
}

/**
 * The flags in a variable of a systemd EnvironmentFile (`/var/lib/kubelet/kubeadm-flags.env`, `/etc/default/kubelet`), by name
 * without dashes. A flag without a value is `true`; of a repeated one the last counts. undefined: the variable is not set.
 * @throws RefusedError `text.env` where the file cannot be understood.
 */
export function readEnvFlags(text: string, variable: string): Record<string, string> | undefined {
  const assignment = assignmentsOf(text, variable).findLast(({ name }) => name === variable)
  if (!assignment) return undefined
  return Object.fromEntries(flagsOf(text, assignment).map(({ name, value }) => [name, value ?? 'true']))
}

/**
 * Sets one flag in a variable, or takes it out (null). Everything else stays as it is. A variable that is not there is added as a line of
 * its own, also to an empty text; kubeadm reads all of kubeadm-flags.env as that one variable, so nothing is added to such a file.
 * @throws RefusedError `text.env`, `text.repeated`
 */
export function setEnvFlag(text: string, variable: string, flag: string, value: string | null): string {
  if (value !== null && !/^[^\s"'\\$`]+$/.test(value))
    throw new RefusedError(`the value of --${flag} would need quotes inside ${variable}`, 'text.env')
  const [assignment, second] = assignmentsOf(text, variable).filter(({ name }) => name === variable)
  if (second) throw refused(text, second.start, 'text.repeated', `${variable} is set more than once`)
  if (!assignment) return value === null ? text : addVariable(text, variable, flag, value)
  const flags = flagsOf(text, assignment)
  const found = flags.filter(({ name }) => name === flag)
  if (new Set(found.map(({ value }) => value)).size > 1)
    throw refused(
      text,
      assignment.start,
      'text.repeated',
      `--${flag} is given more than once, with different values`,
    )
  if ((found[0]?.value ?? null) === value && found.length > 0 === (value !== null)) return text
  const after = applySplices(text, splicesOf(text, assignment, found, flag, value))
  verify(text, after, variable, flag, value)
  return after
}

function splicesOf(
  text: string,
  assignment: Assignment,
  found: readonly FlagWord[],
  flag: string,
  value: string | null,
): Splice[] {
  if (value !== null && found.length > 0)
    return found.map(({ start, end }) => ({ start, end, text: `--${flag}=${value}` }))
  if (value !== null) return append(text, assignment, `--${flag}=${value}`)
  // The white space in front goes with it; the first flags take what is behind them instead.
  let front = assignment.start
  return found.map(({ start, end }) => {
    let from = start
    while (from > front && /\s/.test(text[from - 1] ?? '')) from--
    let to = end
    if (from === front) {
      while (to < assignment.end && /\s/.test(text[to] ?? '')) to++
      front = to
    }
    return { start: from, end: to, text: '' }
  })
}

function append(text: string, { quote, start, end }: Assignment, word: string): Splice[] {
  const value = text.slice(start, end)
  if (value.trim() === '') return [{ start, end, text: word }]
  const last = start + value.trimEnd().length
  const added = { start: last, end: last, text: ` ${word}` }
  // Bare words with spaces are right for systemd, but a shell that sources the file would run the second one.
  if (quote === '' && !/[\s"']/.test(value.trim()))
    return [
      { start, end: start, text: '"' },
      { ...added, text: `${added.text}"` },
    ]
  return [added]
}

function addVariable(text: string, variable: string, flag: string, value: string): string {
  const line = `${variable}="--${flag}=${value}"`
  if (text === '') return `${line}\n`
  const kubeadm = 'KUBELET_KUBEADM_ARGS'
  if (
    text.trim() !== '' &&
    (variable === kubeadm || assignmentsOf(text, kubeadm).some(({ name }) => name === kubeadm))
  )
    throw new RefusedError(
      `${variable} is not in the file, and something else is; kubeadm wants the file of ${kubeadm} to hold that variable alone`,
      'text.env',
    )
  const section = /^[ \t]*(?:\[\w+\][ \t\r]*$|Environment(?:File)?=)/m.exec(text)
  if (section) throw refused(text, section.index, 'text.env', 'this is a unit or a drop-in, and no env file')
  if (continuedLines(text).has(text.length))
    throw refused(text, text.length, 'text.env', 'the last line goes on: what is added would belong to it')
  const eol = eolOf(text)
  return text.endsWith('\n') ? `${text}${line}${eol}` : `${text}${eol}${line}`
}

/** All assignments; refuses a form of `variable` that systemd or kubeadm would read otherwise than it looks. */
function assignmentsOf(text: string, variable: string): Assignment[] {
  const found: Assignment[] = []
  const continued = continuedLines(text)
  for (const line of text.matchAll(/[^\n]+/g)) {
    const source = line[0].replace(/\r$/, '')
    if (continued.has(line.index)) {
      if (source.includes(`${variable}=`))
        throw refused(text, line.index, 'text.env', `${variable}= stands in what the line above begins`)
      continue
    }
    if (/^\s*(?:[#;]|$)/.test(source)) continue
    const match = /^(\s*)(export\s+)?([A-Za-z_]\w*)=(.*?)\s*$/.exec(source)
    const [, space = '', exported = '', name = '', rest = ''] = match ?? []
    const refuse = (why: string) => refused(text, line.index, 'text.env', why)
    if (name !== variable) {
      if (!match && source.includes(`${variable}=`))
        throw refuse(`this form of ${variable}= is not understood`)
      continue
    }
    if (exported) throw refuse(`systemd does not read "export ${variable}"`)
    if (source.endsWith('\\')) throw refuse(`${variable} goes on in the next line`)
    const quote = rest.startsWith('"') ? '"' : rest.startsWith("'") ? "'" : ''
    const inner = quote === '' ? rest : rest.slice(1, -1)
    if (quote !== '' && !(rest.length > 1 && rest.endsWith(quote) && !inner.includes(quote)))
      throw refuse(`the quotes of ${variable} are not understood`)
    if (/["'\\]/.test(inner.replaceAll(/"[^"]*"|'[^']*'/g, '')) || inner.includes('\\'))
      throw refuse(`${variable} holds a backslash or an open quote inside its value`)
    const start = line.index + space.length + name.length + 1 + quote.length
    found.push({ name, quote, start, end: start + inner.length })
  }
  return found
}

/**
 * Where lines begin that are no lines of their own to systemd: behind a backslash, or inside quotes. The text's length is one of them where
 * its end is open. Behind a comment's backslash is one too: up to systemd 253 the comment goes on, from 254 it does not.
 */
function continuedLines(text: string): ReadonlySet<number> {
  const found = new Set<number>()
  let state: 'start' | 'comment' | 'name' | 'before value' | 'value' | '"' | "'" = 'start'
  for (let at = 0; at < text.length; at++) {
    const char = text[at] ?? ''
    const isQuoted = state === '"' || state === "'"
    if (char === '\\' && state !== 'start' && state !== 'name') {
      if (state === 'before value') state = 'value'
      at += text.startsWith('\r\n', at + 1) ? 2 : 1
      if (at >= text.length || text[at] === '\n') found.add(Math.min(at + 1, text.length))
    } else if (char === '\n') {
      if (isQuoted) found.add(at + 1)
      else state = 'start'
    } else if (isQuoted) {
      if (char === state) state = 'before value'
    } else if (state === 'start' && /\S/.test(char)) state = /[#;]/.test(char) ? 'comment' : 'name'
    else if (state === 'name' && char === '=') state = 'before value'
    else if (state === 'before value' && /\S/.test(char))
      state = char === '"' || char === "'" ? char : 'value'
  }
  if (state === '"' || state === "'") found.add(text.length)
  return found
}

/** Split at white space, as systemd splits `$VARIABLE`: quotes inside the value hold a word together, and go. */
function flagsOf(text: string, { start, end }: Assignment): FlagWord[] {
  const words = [...text.slice(start, end).matchAll(/(?:[^\s"']|"[^"]*"|'[^']*')+/g)].map(match => ({
    text: match[0].replaceAll(/["']/g, ''),
    start: start + match.index,
    end: start + match.index + match[0].length,
  }))
  return words.flatMap((word, index) => {
    const match = /^--?([^=]+)(?:=(.*))?$/.exec(word.text)
    if (!match?.[1]) return []
    const next = words[index + 1]
    const separate = match[2] === undefined && next && !next.text.startsWith('-')
    return [
      {
        name: match[1].replaceAll('_', '-'),
        value: separate ? next.text : match[2],
        start: word.start,
        end: separate ? next.end : word.end,
      },
    ]
  })
}

function verify(before: string, after: string, variable: string, flag: string, value: string | null): void {
  const { [flag]: _, ...others } = readEnvFlags(before, variable) ?? {}
  const wanted = value === null ? others : { ...others, [flag]: value }
  const got = readEnvFlags(after, variable) ?? {}
  const same =
    Object.keys(got).length === Object.keys(wanted).length &&
    Object.entries(wanted).every(([name, value]) => got[name] === value)
  if (!same) throw new RefusedError(`${variable} would not read as intended after the edit`, 'text.not-exact')
}
