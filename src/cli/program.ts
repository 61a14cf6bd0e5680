import { Argument, Command as Program, Option as ProgramOption } from 'commander'
import type { Command, CommandGroup } from './command.ts'
import { type Given, longName, type Option } from './options.ts'

export interface Wiring {
  readonly version: string
  readonly writeOut: (text: string) => void
  readonly writeError: (text: string) => void
  /** Width of help. */
  readonly columns: number
  /** The command that was chosen, with what was given. */
  readonly chosen: (
    command: Command,
    given: Readonly<Record<string, Given>>,
    args: readonly string[],
  ) => Promise<void>
}

const epilogue = `
Exit codes: 0 done, 2 usage, 3 refused, 4 unreachable, 5 conflict, 6 stopped, 7 not dual-stack or
a request failed, 8 preflight or cidr check found an error, 1 a bug.
Help for one command: dualstack COMMAND --help`

/** commander's tree, made from the registry. */
export function buildProgram(
  commands: readonly Command[],
  groups: readonly CommandGroup[],
  wiring: Wiring,
): Program {
  const program = new Program('dualstack')
    .description('Takes a running single-stack Kubernetes cluster to IPv4/IPv6 dual-stack, and back.')
    .version(wiring.version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print help')
    .helpCommand('help [command]', 'print help for a command')
    .addHelpText('after', epilogue)
    .configureOutput({
      writeOut: wiring.writeOut,
      // Errors come as exceptions, and are printed in one place.
      writeErr: wiring.writeError,
      outputError: () => {},
      getOutHelpWidth: () => wiring.columns,
      getErrHelpWidth: () => wiring.columns,
    })
    .exitOverride()
  for (const command of commands) addCommand(parentOf(program, command, groups, wiring), command, wiring)
  return program
}

/** The program itself, or the command of a group, which is made with the first of its commands. */
function parentOf(
  program: Program,
  command: Command,
  groups: readonly CommandGroup[],
  wiring: Wiring,
): Program {
  const [word, name] = command.name.split(' ')
  const group = groups.find(candidate => candidate.name === word)
  if (name === undefined || group === undefined) return program
  return (
    program.commands.find(candidate => candidate.name() === group.name) ??
    program
      .command(group.name)
      .summary(group.summary)
      .description(group.description)
      .helpCommand('help [command]', 'print help for a command')
      // Without a further word help is what was asked for, not an error.
      .configureOutput({ writeErr: wiring.writeOut })
  )
}

function addCommand(program: Program, command: Command, wiring: Wiring): void {
  const sub = program
    .command(command.name.split(' ').at(-1) ?? '')
    .summary(command.summary)
    .description(command.description)
    .allowExcessArguments(false)
    .addHelpText('after', () => examples(command))
  for (const { name, summary, optional, many } of command.positionals ?? []) {
    const word = many ? `${name}...` : name
    sub.addArgument(new Argument(optional ? `[${word}]` : `<${word}>`, summary))
  }
  for (const [key, option] of Object.entries(command.options))
    for (const made of programOptions(longName(key), option)) sub.addOption(made)
  sub.action(async () => {
    const given = Object.entries(sub.opts<Record<string, Given>>()).filter(
      ([key]) => sub.getOptionValueSource(key) !== 'default',
    )
    await wiring.chosen(command, Object.fromEntries(given), sub.args)
  })
}

function programOptions(name: string, option: Option<unknown>): ProgramOption[] {
  const short = option.short === undefined ? '' : `-${option.short}, `
  if (option.kind === 'flag') {
    const no = option.negatable ? [new ProgramOption(`--no-${name}`, `not: ${option.summary}`)] : []
    return [new ProgramOption(`${short}--${name}`, option.summary), ...no].map(made => grouped(made, option))
  }
  const fallback = option.fallback === undefined ? '' : ` (default: ${option.fallback})`
  const words = option.kind === 'list' && option.choices ? `: ${option.choices.join(', ')}` : ''
  const word = option.value ?? 'value'
  const made = new ProgramOption(
    `${short}--${name} ${option.kind === 'maybe' ? `[${word}]` : `<${word}>`}`,
    option.summary + words + fallback,
  )
  const { choices } = option
  if (option.kind === 'list')
    made.argParser((given: string, before: readonly string[] | undefined) => [
      ...(before ?? []),
      ...partsOf(given, choices, name),
    ])
  else if (choices) made.argParser((given: string) => oneOf(given, choices, name))
  return [grouped(made, option)]
}

const grouped = (made: ProgramOption, option: Option<unknown>): ProgramOption =>
  option.group === undefined ? made : made.helpGroup(option.group)

const partsOf = (given: string, choices: readonly string[] | undefined, name: string): string[] =>
  given
    .split(',')
    .map(part => part.trim())
    .filter(part => part !== '')
    .map(part => (choices ? oneOf(part, choices, name) : part))

function oneOf(given: string, choices: readonly string[], name: string): string {
  if (choices.includes(given)) return given
  throw new InvalidChoice(given, choices, name)
}

/** A word that an option does not know. */
export class InvalidChoice extends Error {
  constructor(
    readonly given: string,
    readonly choices: readonly string[],
    readonly option: string,
  ) {
    super(`--${option} does not know '${given}'`)
  }
}

function examples(command: Command): string {
  const width = Math.max(...command.examples.map(example => example.command.length))
  const lines = command.examples.map(example =>
    width > 58
      ? `  # ${example.does}\n  ${example.command}`
      : `  ${example.command.padEnd(width)}   # ${example.does}`,
  )
  return command.examples.length === 0 ? '' : `\nExamples:\n${lines.join('\n')}`
}
