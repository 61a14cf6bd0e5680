import { systemClock } from '../base/clock.ts'
import type { Context, Output } from './context.ts'
import { runCli } from './run.ts'

/** What a command line did. */
export interface Ran {
  readonly exitCode: number
  readonly stdout: string
  readonly stderr: string
}

/** Runs a command line in this process, with outputs that are kept. */
export async function run(
  argv: readonly string[],
  given: Partial<Context> & { readonly tty?: boolean } = {},
): Promise<Ran> {
  const text = { stdout: '', stderr: '' }
  const keep = (name: 'stdout' | 'stderr'): Output => ({
    write: more => void (text[name] += more),
    isTTY: given.tty === true,
    columns: () => 100,
  })
  const exitCode = await runCli(argv, {
    stdout: keep('stdout'),
    stderr: keep('stderr'),
    env: {},
    cwd: process.cwd(),
    signal: new AbortController().signal,
    clock: systemClock,
    ...given,
  })
  return { exitCode, ...text }
}
