#!/usr/bin/env node
import { setMaxListeners } from 'node:events'
import { systemClock } from '../base/clock.ts'
import { exitCodes } from '../base/errors.ts'
import type { Output } from './context.ts'
import { runCli } from './run.ts'

const outputOf = (stream: NodeJS.WriteStream): Output => ({
  write: text => void stream.write(text),
  isTTY: stream.isTTY,
  columns: () => stream.columns ?? 100,
})

// Whoever waits listens to the one signal: dozens at once on a cluster of many nodes, each gone when its wait is over. No leak, so no warning.
setMaxListeners(0)

const stop = new AbortController()
const interrupt = (): void => {
  // The second time is meant: whatever hangs is left as it is.
  if (stop.signal.aborted) process.exit(exitCodes.stopped)
  process.stderr.write('\nstopping (once more: at once)\n')
  stop.abort(new Error('interrupted'))
}
process.on('SIGINT', interrupt)
process.on('SIGTERM', interrupt)
// `dualstack plan | head`: who reads has had enough.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(exitCodes.ok)
  throw error
})

const exitCode = await runCli(process.argv.slice(2), {
  stdout: outputOf(process.stdout),
  stderr: outputOf(process.stderr),
  stdin: process.stdin,
  env: process.env,
  cwd: process.cwd(),
  signal: stop.signal,
  clock: systemClock,
})
// What was printed goes out first; then nothing that is still open keeps the process.
process.stdout.write('', () => process.stderr.write('', () => process.exit(exitCode)))
