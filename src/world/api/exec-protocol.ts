import { listOf, recordOf, textOf } from './record.ts'

/**
 * The channels of {v4,v5}.channel.k8s.io: the first byte of each message names the stream: 0 stdin, 1 stdout, 2 stderr, 3 the final
 * Status, 4 resize, 255 close (v5: the byte after it names the stream that ends).
 * k8s.io/apimachinery/pkg/util/remotecommand/constants.go
 */
const stdin = 0
const close = 255

/** Bytes of input in one message: the size that kubectl reads and sends at a time. */
const chunk = 32 * 1024

export function* inputOf(input: string): Generator<Buffer> {
  const bytes = Buffer.from(input, 'utf8')
  for (let at = 0; at < bytes.length; at += chunk) {
    yield Buffer.concat([Buffer.of(stdin), bytes.subarray(at, at + chunk)])
  }
}

/** v5 only. */
export const closeStdin = Buffer.of(close, stdin)

/** How the command ended, from channel 3. */
export interface ExecStatus {
  readonly success: boolean
  readonly message: string
  /** undefined: it did not even start */
  readonly exitCode: number | undefined
}

export function readStatus(text: string): ExecStatus {
  let parsed: unknown
  try {
    parsed = JSON.parse(text)
  } catch {
    return { success: false, message: text, exitCode: undefined }
  }
  const status = recordOf(parsed)
  const causes = listOf(recordOf(status.details).causes).map(recordOf)
  const exit = textOf(causes.find(cause => cause.reason === 'ExitCode')?.message)
  return {
    success: status.status === 'Success',
    message: textOf(status.message) ?? 'no message',
    exitCode: exit === undefined ? undefined : Number(exit),
  }
}

export const exitCodeOf = (status: ExecStatus): number | undefined => (status.success ? 0 : status.exitCode)
