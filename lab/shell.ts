import { spawn } from 'node:child_process'

/** What went wrong in the lab, and how to mend it. The CLI prints both without a stack. */
export class LabError extends Error {
  override readonly name = 'LabError'
  readonly hint: string | undefined
  constructor(message: string, options: { hint?: string; cause?: unknown } = {}) {
    super(message, { cause: options.cause })
    this.hint = options.hint
  }
}

export interface Result {
  code: number
  stdout: string
  stderr: string
}

export interface RunOptions {
  input?: string
  /** Milliseconds; the whole process group is killed then, and the code is 124, as timeout(1) has it. */
  timeoutMs?: number
  env?: NodeJS.ProcessEnv
  /** Called with each piece of output as it comes. */
  onOutput?: (text: string) => void
}

/** Runs a command to its end, whatever its exit code. */
export function run(argv: readonly string[], options: RunOptions = {}): Promise<Result> {
  const [file, ...args] = argv
  if (file === undefined) throw new LabError('nothing to run: the command is empty')
  return new Promise((resolve, reject) => {
    // A group of its own: nsenter forks into a PID namespace, and a signal to nsenter alone would leave the
    // command inside running.
    const child = spawn(file, args, { detached: true, env: options.env ?? process.env })
    let stdout = ''
    let stderr = ''
    let late = false
    const timer =
      options.timeoutMs === undefined
        ? undefined
        : setTimeout(() => {
            late = true
            killGroup(child.pid)
          }, options.timeoutMs)
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text
      options.onOutput?.(text)
    })
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text
      options.onOutput?.(text)
    })
    child.on('error', cause => {
      clearTimeout(timer)
      reject(new LabError(`cannot run ${file}: ${cause.message}`, { cause, hint: 'npm run lab -- doctor' }))
    })
    child.on('close', (code, signal) => {
      clearTimeout(timer)
      const ended = late ? 124 : (code ?? (signal === 'SIGKILL' ? 137 : 143))
      resolve({
        code: ended,
        stdout,
        stderr: late ? `${stderr}timed out after ${options.timeoutMs} ms\n` : stderr,
      })
    })
    // A command that ends without reading its input is no error of ours.
    child.stdin.on('error', () => undefined)
    child.stdin.end(options.input ?? '')
  })
}

/** Runs a command that must succeed, and returns what it printed. */
export async function must(argv: readonly string[], options: RunOptions = {}): Promise<string> {
  const result = await run(argv, options)
  if (result.code === 0) return result.stdout
  const said = (result.stderr.trim() || result.stdout.trim()).split('\n').slice(-12).join('\n')
  throw new LabError(`${argv.join(' ')}\n  exited with ${result.code}: ${said}`)
}

function killGroup(pid: number | undefined): void {
  if (pid === undefined) return
  try {
    process.kill(-pid, 'SIGKILL')
  } catch {
    // It ended by itself in the meantime.
  }
}

/** Asks until the answer is not undefined. */
export async function until<T>(
  what: string,
  limitMs: number,
  ask: () => Promise<T | undefined>,
  everyMs = 100,
): Promise<T> {
  const end = Date.now() + limitMs
  for (;;) {
    const answer = await ask()
    if (answer !== undefined) return answer
    if (Date.now() > end) throw new LabError(`${what}: not within ${limitMs / 1000} s`)
    await new Promise(resolve => setTimeout(resolve, everyMs))
  }
}
