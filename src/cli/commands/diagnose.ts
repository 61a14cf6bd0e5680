import { exitCodes, UsageError } from '../../base/errors.ts'
import type { Diagnoses } from '../../model/failure.ts'
import { clusterOptions, output } from '../cluster-options.ts'
import { defineCommand } from '../command.ts'
import { type Context, coloursFor } from '../context.ts'
import { list } from '../options.ts'
import { inFolder, withSource } from '../with-source.ts'

export const diagnose = defineCommand({
  name: 'diagnose',
  summary: 'From logs and states to cause and fix, also when the API server is down',
  description:
    'Looks for known failures and says of each: the cause, how sure that is and why, how to mend it. Reads a live cluster with its events and, on the nodes, container logs and exit codes, the journal of the kubelet, and files; when the API server is down, the nodes alone (--node, else the host of the kubeconfig). Or a bundle, or --log FILE (- for standard input) in any framing. Errors that it does not know are told with what to collect. Says first whether a run of apply or rollback is under way or was interrupted, and which causes may be its half-done state. Changes nothing. Ends with 0 when nothing is found, with 8 when something is (an interrupted run is), with 4 when nothing could be looked at.',
  options: {
    log: list('FILE', 'listen to this log instead of a cluster; - is standard input; may be repeated'),
    node: list(
      'NAME[=ADDRESS]',
      'ask this node too; when the API server is down nobody else knows them; may be repeated',
    ),
    output,
    ...clusterOptions,
  },
  examples: [
    { command: 'kubectl dualstack diagnose', does: 'the cluster of your kubeconfig' },
    {
      command: 'dualstack diagnose --node n1=10.0.0.11 --ssh-user admin',
      does: 'when the API server is down',
    },
    {
      command: 'dualstack diagnose --node-access local --kubeconfig /etc/kubernetes/admin.conf',
      does: 'on the control plane itself',
    },
    { command: 'journalctl -u kubelet | dualstack diagnose --log -', does: 'a log from a pipe' },
    { command: 'dualstack diagnose --log kube-apiserver.log', does: 'a file' },
  ],
  whenInterrupted: 'Nothing was changed: diagnose only reads.',
  handler: async ({ options }, context) => {
    const diagnoses = await diagnosesOf(options, context)
    const [{ diagnosesText }, { toJson }] = await Promise.all([
      import('../../report/diagnoses.ts'),
      import('../../report/json.ts'),
    ])
    const colours = await coloursFor(context.stdout, context.env)
    context.stdout.write(options.output === 'json' ? toJson(diagnoses) : diagnosesText(diagnoses, colours))
    if (diagnoses.found.length + diagnoses.unknown.length > 0) return exitCodes.notReady
    if (diagnoses.run?.state === 'interrupted') return exitCodes.notReady
    // No news is not good news where nobody could look.
    return diagnoses.lookedAt.length === 0 ? exitCodes.unreachable : exitCodes.ok
  },
})

type Options = Parameters<typeof withSource>[0] & {
  readonly log: readonly string[]
  readonly node: readonly string[]
}

async function diagnosesOf(options: Options, context: Context): Promise<Diagnoses> {
  if (options.log.length > 0) return fromLogs(options, context)
  const given = options.node.map(text => {
    const equals = text.indexOf('=')
    return equals < 0 ? { name: text } : { name: text.slice(0, equals), address: text.slice(equals + 1) }
  })
  if (given.some(({ name, address }) => name === '' || address === ''))
    throw new UsageError('--node lacks a name or an address', 'NAME, or NAME=ADDRESS.', 'diagnose.node')
  const nodes = Object.fromEntries(given.map(({ name, address }) => [name, address ?? name]))
  return withSource(
    options,
    context,
    async source => {
      const { diagnoseCluster } = await import('../../app/diagnose.ts')
      const { clock, env, signal } = context
      return diagnoseCluster(source, { nodes: Object.keys(nodes), now: clock.now(), env, signal })
    },
    { nodes },
  )
}

async function fromLogs(options: Options, context: Context): Promise<Diagnoses> {
  if (options.from !== undefined || options.node.length > 0)
    throw new UsageError(
      '--log reads logs alone, and does not go together with --from or --node',
      'Leave --log out, or the others.',
      'diagnose.log',
    )
  const [{ diagnoseLogs }, { mostOfPipe, openLog }] = await Promise.all([
    import('../../app/diagnose.ts'),
    import('../../app/diagnose-log.ts'),
  ])
  const given = await Promise.all(
    options.log.map(async path => {
      if (path !== '-') return openLog(inFolder(context, path))
      if (context.stdin === undefined)
        throw new UsageError('--log - has no standard input to read', 'Pipe a log into it.', 'diagnose.log')
      return { name: 'standard input', chunks: context.stdin, most: mostOfPipe }
    }),
  )
  return diagnoseLogs(given, context.signal)
}
