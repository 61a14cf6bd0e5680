import { spawn } from 'node:child_process'

export interface RunOptions {
  readonly cwd?: string
  /** Added to this process's own environment. */
  readonly env?: Readonly<Record<string, string>>
  /** What was being tried, for the error: "building the kubernetes binaries". */
  readonly attempt: string
  /** How to mend it, where that is known. */
  readonly hint?: string
}

/** Runs a command to its end and returns its stdout. Fails with what was tried and the last lines that it said. */
export function run(command: string, args: readonly string[], options: RunOptions): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd: options.cwd,
      env: { ...process.env, ...options.env },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let stdout = ''
    let said = ''
    const keep = (text: string) => {
      said = (said + text).slice(-4000)
    }
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text
      keep(text)
    })
    child.stderr.setEncoding('utf8').on('data', keep)
    const fail = (how: string) => {
      const tail = said.trim().split('\n').slice(-12).join('\n  ')
      const hint = options.hint ? `\n${options.hint}` : ''
      reject(new Error(`${options.attempt}: ${command} ${how}\n  ${tail}${hint}`))
    }
    child.on('error', error => fail(`did not start: ${error.message}`))
    child.on('close', (code, signal) => {
      if (code === 0) resolve(stdout)
      else fail(signal ? `was ended by ${signal}` : `ended with ${code}`)
    })
  })
}
