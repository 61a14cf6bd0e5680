import type { NodeFacts } from '../../model/cluster.ts'
import { RefusedError } from '../../base/errors.ts'
import { readEnvFlags } from '../../text/env.ts'
import { sets, type Unit, unitOf } from './unit.ts'

/**
 * The flags with which systemd would start this node's kubelet from its files as they are, by name without dashes; of a repeated one the
 * last counts. undefined: nothing was read that would say so, or a variable is written in a way that is not understood.
 */
export function commandLine(files: NodeFacts['files']): Readonly<Record<string, string>> | undefined {
  if (!Object.keys(files).some(path => files[path] && /kubelet/.test(path))) return undefined
  const unit = unitOf(files)
  const words =
    unit.start === undefined ? unit.variables.map(name => `$${name}`) : unit.start.value.split(/\s+/).slice(1)
  let found: Record<string, string> = {}
  for (const [index, word] of words.entries()) {
    const variable = /^\$\{?([A-Za-z_]\w*)\}?$/.exec(word)?.[1]
    const given = variable === undefined ? flagOf(word, words[index + 1]) : valueOf(unit, files, variable)
    if (given === undefined) return undefined
    found = { ...found, ...given }
  }
  return found
}

/** A word of ExecStart that is a flag; {} for one that is not. */
function flagOf(word: string, next: string | undefined): Readonly<Record<string, string>> {
  const [, name, value] = /^--([^=]+)(?:=(.*))?$/.exec(word) ?? []
  if (name === undefined) return {}
  const bare = next === undefined || /^[-$]/.test(next) ? 'true' : next
  return { [name.replaceAll('_', '-')]: value ?? bare }
}

/** What a variable brings: of the last file that sets it, else of Environment=, else nothing. */
function valueOf(
  unit: Unit,
  files: NodeFacts['files'],
  variable: string,
): Readonly<Record<string, string>> | undefined {
  try {
    const given = unit.files
      .map(path => readEnvFlags(files[path]?.text ?? '', variable))
      .findLast(flags => flags !== undefined)
    if (given !== undefined) return given
    const line = unit.environment.findLast(one => sets(one, variable))
    return line === undefined ? {} : readEnvFlags(`${unquoted(line.value)}\n`, variable)
  } catch (error) {
    if (error instanceof RefusedError) return undefined
    throw error
  }
}

/** `"A=--x --y"` → `A="--x --y"`: systemd quotes the whole assignment, a file only its value. */
const unquoted = (value: string): string =>
  value.replace(
    /^(["'])([A-Za-z_]\w*)=(.*)\1$/,
    (_, quote: string, name: string, rest: string) => `${name}=${quote}${rest}${quote}`,
  )
