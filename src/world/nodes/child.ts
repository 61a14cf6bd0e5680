import { spawn } from 'node:child_process'
import type { CommandResult } from '../ports.ts'

export interface ChildOptions {
  readonly input?: string
  readonly timeoutMs?: number
  readonly signal?: AbortSignal
}

/** A process that was ended because it took too long. */
class TimedOut extends Error {}

/** Runs a program to its end, without a shell. Rejects when it cannot be started, with `TimedOut`, or with the signal's reason. */
export function runChild(
  file: string,
  args: readonly string[],
  options: ChildOptions,
): Promise<CommandResult> {
  return new Promise((resolve, reject) => {
    if (options.signal?.aborted) return reject(options.signal.reason as Error)
    const child = spawn(file, args, { stdio: ['pipe', 'pipe', 'pipe'] })
    const printed: { out: Buffer[]; err: Buffer[] } = { out: [], err: [] }
    child.stdout.on('data', (chunk: Buffer) => printed.out.push(chunk))
    child.stderr.on('data', (chunk: Buffer) => printed.err.push(chunk))
    let code: number | undefined
    const stop = (error: Error) => {
      child.kill('SIGKILL')
      settle(() => reject(error))
    }
    const onAbort = () => stop(options.signal?.reason as Error)
    const { timeoutMs } = options
    const timer =
      timeoutMs === undefined
        ? undefined
        : setTimeout(() => stop(new TimedOut(`no end after ${timeoutMs / 1000} s`)), timeoutMs)
    const settle = (end: () => void) => {
      clearTimeout(timer)
      clearTimeout(drain)
      options.signal?.removeEventListener('abort', onAbort)
      child.stdout.destroy()
      child.stderr.destroy()
      end()
    }
    const done = () =>
      settle(() =>
        resolve({
          code: code ?? 1,
          stdout: Buffer.concat(printed.out).toString('utf8'),
          stderr: Buffer.concat(printed.err).toString('utf8'),
        }),
      )
    let drain: NodeJS.Timeout | undefined
    options.signal?.addEventListener('abort', onAbort, { once: true })
    child.on('error', error => settle(() => reject(error)))
    child.on('exit', (exitCode, signal) => {
      code = exitCode ?? (signal === null ? 1 : 128)
      // Whatever it left running in the background (an ssh master) may hold its stderr open for a minute.
      drain = setTimeout(done, 500)
    })
    child.on('close', done)
    // It may end before it has read everything.
    child.stdin.on('error', () => undefined)
    child.stdin.end(options.input ?? '')
  })
}
