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
  return found.map(({ start, end }) => {
    // The white space in front goes with it; the first flag takes what is behind it instead.
    let from = start
    while (from > assignment.start && /\s/.test(text[from - 1] ?? '')) from--
    let to = end
    if (from === assignment.start) while (to < assignment.end && /\s/.test(text[to] ?? '')) to++
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
  const eol = eolOf(text)
  return text.endsWith('\n') ? `${text}${line}${eol}` : `${text}${eol}${line}`
}

/** All assignments; refuses a form of `variable` that systemd or kubeadm would read otherwise than it looks. */
function assignmentsOf(text: string, variable: string): Assignment[] {
  const found: Assignment[] = []
  for (const line of text.matchAll(/[^\n]+/g)) {
    const source = line[0].replace(/\r$/, '')
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
