import { readdirSync } from 'node:fs'
import { dirname, join, sep } from 'node:path'
import { type OptionHandler, RootCommand, script as shellScript } from '@bomb.sh/tab'
import { UsageError } from '../base/errors.ts'
import { commands, groups } from './registry.ts'
import { longName, type Option } from './options.ts'

const shells = ['bash', 'zsh', 'fish', 'powershell']

/** Prints the script for a shell. */
export function printScript(shell: string | undefined): void {
  if (shell === undefined || !shells.includes(shell))
    throw new UsageError(
      shell === undefined ? 'which shell?' : `no completion for '${shell}'`,
      `Name one of ${shells.join(', ')}.`,
    )
  shellScript(shell, 'dualstack', 'dualstack')
}

/** Prints what may follow the words typed so far, the last of them unfinished, as Cobra's `__complete` does: kubectl reads the same. */
export function printCompletions(words: readonly string[]): void {
  const root = new RootCommand()
  for (const { name, summary } of groups) root.command(name, summary)
  for (const command of commands) {
    const node = root.command(command.name, command.summary)
    for (const [key, option] of Object.entries(command.options)) {
      const handler = valuesOf(option, words.at(-1) ?? '')
      if (handler) node.option(longName(key), option.summary, handler, option.short)
      else node.option(longName(key), option.summary, option.short)
      if (option.negatable) node.option(`no-${longName(key)}`, `not: ${option.summary}`)
    }
    for (const { name, many } of command.positionals ?? []) {
      const values = name === 'shell' ? shells : name === 'cidr' ? [] : undefined
      node.argument(
        name,
        complete => (values ?? paths(words.at(-1) ?? '')).forEach(value => complete(value, '')),
        many,
      )
    }
  }
  root.parse([...words])
}

function valuesOf(option: Option<unknown>, typed: string): OptionHandler | undefined {
  if (option.kind === 'flag' || option.kind === 'maybe') return undefined
  const isPath = option.value === 'FILE' || option.value === 'DIR'
  return complete => (option.choices ?? (isPath ? paths(typed) : [])).forEach(value => complete(value, ''))
}

/** Names below the folder that is being typed. */
function paths(typed: string): string[] {
  const folder = typed.endsWith(sep) ? typed : dirname(typed)
  try {
    return readdirSync(folder, { withFileTypes: true }).map(
      entry =>
        (folder === '.' && !typed.startsWith('.') ? entry.name : join(folder, entry.name)) +
        (entry.isDirectory() ? sep : ''),
    )
  } catch {
    return []
  }
}
