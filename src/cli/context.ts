import type { OpenWorld } from '../app/source.ts'
import type { Clock } from '../base/clock.ts'
import type { Colours } from '../report/colours.ts'

/** Somewhere to write. */
export interface Output {
  readonly write: (text: string) => void
  readonly isTTY: boolean
  /** Width of the terminal now. */
  readonly columns: () => number
}

/** All that a command has of the outside. Tests pass their own, and run in-process. */
export interface Context {
  /** Results. */
  readonly stdout: Output
  /** Progress, warnings, errors. */
  readonly stderr: Output
  /** Standard input, where there is one. */
  readonly stdin?: AsyncIterable<Uint8Array>
  readonly env: Readonly<Record<string, string | undefined>>
  readonly cwd: string
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal
  readonly clock: Clock
  /** Reaches the cluster; without it `app/world.ts` is loaded when a command asks for a live cluster. */
  readonly openWorld?: OpenWorld
}

/**
 * Colours for one output: none without a terminal, with NO_COLOR (https://no-color.org) or TERM=dumb; FORCE_COLOR asks for them anyway.
 */
export async function coloursFor(output: Output, env: Context['env']): Promise<Colours> {
  const { default: picocolors } = await import('picocolors')
  return picocolors.createColors(wantsColour(output, env))
}

function wantsColour(output: Output, env: Context['env']): boolean {
  if (env.NO_COLOR !== undefined && env.NO_COLOR !== '') return false
  if (env.FORCE_COLOR !== undefined && env.FORCE_COLOR !== '' && env.FORCE_COLOR !== '0') return true
  return output.isTTY && env.TERM !== 'dumb'
}
