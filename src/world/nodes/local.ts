import { RefusedError, UnreachableError, messageOf } from '../../base/errors.ts'
import type { Transport } from '../ports.ts'
import { runChild } from './child.ts'

export interface LocalOptions {
  /** Name of the node that this machine is. Without it every name is taken. */
  readonly node?: string
  /** Instead of `sh -s`, for tests: `['busybox', 'sh', '-s']`. */
  readonly shell?: readonly string[]
}

/** This machine. As root, or by `sudo -n`. */
export function localTransport(options: LocalOptions = {}): Transport {
  const isRoot = process.getuid?.() === 0
  const [file = 'sh', ...args] = options.shell ?? (isRoot ? ['sh', '-s'] : ['sudo', '-n', 'sh', '-s'])
  return {
    name: 'local',
    async run(node, script, runOptions = {}) {
      if (options.node !== undefined && options.node !== node) {
        throw new RefusedError(
          `node ${node} is not this machine (${options.node})`,
          'nodes.not-local',
          'Choose the transport ssh or pod.',
        )
      }
      try {
        return await runChild(file, args, { ...runOptions, input: script })
      } catch (error) {
        if (runOptions.signal?.aborted) throw error
        throw new UnreachableError(
          `node ${node}: ${file}: ${messageOf(error)}`,
          'nodes.local',
          undefined,
          error,
        )
      }
    },
    close: async () => undefined,
  }
}
