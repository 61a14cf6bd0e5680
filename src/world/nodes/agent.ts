import type { Clock } from '../../base/clock.ts'
import { ConflictError, DualStackError, RefusedError, UnreachableError } from '../../base/errors.ts'
import type { Logger } from '../../base/logger.ts'
import { redactText } from '../../text/redact.ts'
import type { Transport } from '../ports.ts'
import { first, type FrameRecord, newFrame, parseFrames } from './frame.ts'
import { onStdin, type Part, type Place, program, type Values } from './script.ts'

export interface Agent {
  readonly transport: Transport
  readonly clock: Clock
  readonly logger: Logger
  readonly place: Place
  /** Nodes that have answered. One that never did is away for another reason than ours. */
  readonly reached: Set<string>
}

export interface CallOptions {
  /** Until the node must have answered; 60 s if left out. */
  readonly timeoutMs?: number
  readonly signal?: AbortSignal
  /** How long a node that answered before may be away; 0 if left out. All scripts may be sent twice: each looks at what is there first. */
  readonly patienceMs?: number
}

/** How long a node that answered before may be away: its kubelet is restarted, or the API server that carries an exec is being swapped. */
export const patienceMs = 60_000

/**
 * Runs parts of the agent on a node and brings back its records.
 * @throws ConflictError, RefusedError as the script says; UnreachableError when the node does not answer
 */
export async function call(
  agent: Agent,
  node: string,
  parts: readonly Part[],
  values: Values,
  options: CallOptions = {},
): Promise<FrameRecord[]> {
  const until = agent.clock.now() + (options.patienceMs ?? 0)
  for (let pause = 250; ; pause = Math.min(pause * 2, 2000)) {
    try {
      const records = await callOnce(agent, node, parts, values, options)
      agent.reached.add(node)
      return records
    } catch (error) {
      if (!isAway(error) || !agent.reached.has(node) || agent.clock.now() + pause > until) throw error
      agent.logger.debug(`node ${node}: ${error.message}; trying again`)
    }
    await agent.clock.sleep(pause, options.signal)
  }
}

async function callOnce(
  agent: Agent,
  node: string,
  parts: readonly Part[],
  values: Values,
  options: CallOptions,
): Promise<FrameRecord[]> {
  options.signal?.throwIfAborted()
  const frame = newFrame()
  const script = onStdin(program(parts, { FRAME: frame, ...values }, agent.place))
  const { timeoutMs = 60_000, signal } = options
  const { code, stdout, stderr } = await agent.transport.run(node, script, { timeoutMs, signal })
  if (code !== 0 && !stdout.includes(frame)) {
    throw new UnreachableError(
      `node ${node}: sh ended with code ${code}: ${redactText(stderr.trim().split('\n').slice(-3).join(' '))}`,
      'nodes.shell',
      'The node must have a POSIX sh and the usual small tools (coreutils or busybox).',
    )
  }
  const records = parseFrames(frame, stdout, node)
  const failed = first(records, 'failed')
  if (failed) throw failure(node, failed[0] ?? '', failed[1] ?? '', failed[2])
  return records
}

function failure(node: string, code: string, message: string, hint?: string): DualStackError {
  const text = `node ${node}: ${redactText(message)}`
  if (code === 'conflict') {
    return new ConflictError(
      text,
      'nodes.conflict',
      hint || 'It was left as it is. Look at it, then make a new plan.',
    )
  }
  return new RefusedError(text, `nodes.${code}`, hint || undefined)
}

/** The way to the node broke; what was sent may have been done, or not. */
export function isAway(error: unknown): error is DualStackError {
  return error instanceof UnreachableError
}
