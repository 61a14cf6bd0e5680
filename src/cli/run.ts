import { CommanderError } from 'commander'
import { version } from '../app/version.ts'
import { DualStackError, type ExitCode, exitCodes, StoppedError, UsageError } from '../base/errors.ts'
import type { Command } from './command.ts'
import { type Context, coloursFor } from './context.ts'
import { type Failure, failureOf, usageFailure } from './failure.ts'
import { type Given, longName } from './options.ts'
import { buildProgram, InvalidChoice } from './program.ts'
import { commands, groups } from './registry.ts'

/**
 * Runs one command line (without the program's name) to its exit code. Never throws, and ends no process: main.ts does that.
 */
export async function runCli(argv: readonly string[], context: Context): Promise<ExitCode> {
  let running: Command | undefined
  let asJson = false
  let exitCode: ExitCode = exitCodes.ok
  const chosen = async (
    command: Command,
    given: Readonly<Record<string, Given>>,
    args: readonly string[],
  ) => {
    running = command
    asJson = given.output === 'json'
    exitCode = await command.run(given, args, context)
  }
  const program = buildProgram(commands, groups, {
    version,
    writeOut: context.stdout.write,
    writeError: context.stderr.write,
    columns: context.stdout.isTTY ? context.stdout.columns() : 100,
    chosen,
  })
  try {
    if (argv.length === 0) program.outputHelp()
    // Its words are somebody else's command line: not for our parser.
    else if (argv[0] === 'complete' && argv[1] === '--')
      await chosen(findCommand('complete'), {}, argv.slice(1))
    else await program.parseAsync([...argv], { from: 'user' })
    return exitCode
  } catch (error) {
    if (error instanceof CommanderError && (error.exitCode === 0 || error.code === 'commander.help'))
      return exitCodes.ok
    const failure = await explain(error, argv, running, context)
    context.stderr.write(failure.text)
    // One line, so that it also fits a stream of JSON lines.
    if (asJson) context.stdout.write(`${JSON.stringify(failure.json)}\n`)
    return failure.exitCode
  }
}

function findCommand(name: string): Command {
  const command = commands.find(candidate => candidate.name === name)
  if (!command) throw new UsageError(`unknown command '${name}'`)
  return command
}

async function explain(
  error: unknown,
  argv: readonly string[],
  running: Command | undefined,
  context: Context,
): Promise<Failure> {
  const colours = await coloursFor(context.stderr, context.env)
  if (error instanceof InvalidChoice)
    return failureOf(new UsageError(error.message, `It knows ${error.choices.join(', ')}.`), colours)
  if (error instanceof CommanderError) return usageFailure(withPlace(error.message, argv), colours)
  // Ctrl-C shows as whatever was being waited for: say what it means instead.
  if (context.signal.aborted && (!(error instanceof DualStackError) || error === context.signal.reason))
    return failureOf(new StoppedError('interrupted', 'interrupted', running?.whenInterrupted), colours)
  return failureOf(error, colours)
}

/** `dualstack --context x status`: the option is right, its place is not. */
function withPlace(message: string, argv: readonly string[]): string {
  const option = /unknown option '(--[\w-]+)/.exec(message)?.[1]
  const isFirst = option !== undefined && argv[0]?.startsWith(option)
  const known = commands.some(command =>
    Object.keys(command.options).some(key => `--${longName(key)}` === option),
  )
  return isFirst && known
    ? `${message.split('\n')[0] ?? ''}\noptions stand after the command: dualstack COMMAND ${option} …`
    : message
}
