import { exitCodes, UsageError } from '../../base/errors.ts'
import type { Diagnoses } from '../../model/failure.ts'
import { clusterOptions, output } from '../cluster-options.ts'
import { defineCommand } from '../command.ts'
import { type Context, coloursFor } from '../context.ts'
import { list } from '../options.ts'
import { inFolder } from '../with-source.ts'

export const diagnose = defineCommand({
  name: 'diagnose',
  summary: 'From logs and states to cause and fix, also when the API server is down',
  description:
    'Looks for known failures of dual-stack, and says of each: the cause, how sure it is and why, how to mend it. Reads --log FILE (or - for standard input) in any framing. Errors that it does not know are told with what to collect. Changes nothing. Ends with 0 when nothing is found, with 8 when something is.',
  options: {
    log: list('FILE', 'listen to this log instead of a cluster; - is standard input; may be repeated'),
    output,
    ...clusterOptions,
  },
  examples: [
    { command: 'journalctl -u kubelet | dualstack diagnose --log -', does: 'a log from a pipe' },
    { command: 'dualstack diagnose --log kube-apiserver.log', does: 'a file' },
  ],
  whenInterrupted: 'Nothing was changed: diagnose only reads.',
  handler: async ({ options }, context) => {
    const diagnoses = await diagnosesOf(options.log, context)
    const [{ diagnosesText }, { toJson }] = await Promise.all([
      import('../../report/diagnoses.ts'),
      import('../../report/json.ts'),
    ])
    const colours = await coloursFor(context.stdout, context.env)
    context.stdout.write(options.output === 'json' ? toJson(diagnoses) : diagnosesText(diagnoses, colours))
    return diagnoses.found.length + diagnoses.unknown.length > 0 ? exitCodes.notReady : exitCodes.ok
  },
})

async function diagnosesOf(logs: readonly string[], context: Context): Promise<Diagnoses> {
  const [{ diagnoseLogs }, { mostOfPipe, openLog }] = await Promise.all([
    import('../../app/diagnose.ts'),
    import('../../app/diagnose-log.ts'),
  ])
  const given = await Promise.all(
    logs.map(async path => {
      if (path !== '-') return openLog(inFolder(context, path))
      if (context.stdin === undefined)
        throw new UsageError('--log - has no standard input to read', 'Pipe a log into it.', 'diagnose.log')
      return { name: 'standard input', chunks: context.stdin, most: mostOfPipe }
    }),
  )
  return diagnoseLogs(given, context.signal)
}
