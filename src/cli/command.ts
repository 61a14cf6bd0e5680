import type { ExitCode } from '../base/errors.ts'
import type { Context } from './context.ts'
import type { Given, Options, Values } from './options.ts'

export interface Example {
  readonly command: string
  readonly does: string
}

export interface Positional {
  readonly name: string
  readonly summary: string
  readonly optional?: true
  /** One or more; only the last of a command. */
  readonly many?: true
}

/** A word that stands before the names of some commands: `cidr` of `cidr show`. */
export interface CommandGroup {
  readonly name: string
  readonly summary: string
  readonly description: string
}

/** A command, declared: one file each below `commands/`, one line each in `registry.ts`. Help, completion and docs derive from it. */
export interface CommandDefinition<O extends Options> {
  /** `status`, or with the word of its group: `cidr show`. */
  readonly name: string
  /** One line, for the list of commands. */
  readonly summary: string
  /** What it does, what it reads, what it changes. */
  readonly description: string
  readonly positionals?: readonly Positional[]
  readonly options: O
  readonly examples: readonly Example[]
  /** What a person who presses Ctrl-C must know. */
  readonly whenInterrupted: string
  readonly handler: (input: Input<O>, context: Context) => Promise<ExitCode>
}

export interface Input<O extends Options> {
  readonly options: Values<O>
  readonly args: readonly string[]
}

/** A command whose option types are sealed inside `run`. */
export interface Command extends Omit<CommandDefinition<Options>, 'handler'> {
  readonly run: (
    given: Readonly<Record<string, Given>>,
    args: readonly string[],
    context: Context,
  ) => Promise<ExitCode>
}

export function defineCommand<const O extends Options>(definition: CommandDefinition<O>): Command {
  const { handler, ...rest } = definition
  return {
    ...rest,
    run: (given, args, context) => {
      const entries = Object.entries(definition.options).map(([key, option]) => [
        key,
        option.read(given[key]),
      ])
      return handler({ options: Object.fromEntries(entries) as Values<O>, args }, context)
    },
  }
}
