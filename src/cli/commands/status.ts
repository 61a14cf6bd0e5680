import { exitCodes } from '../../base/errors.ts'
import { clusterOptions, output } from '../cluster-options.ts'
import { defineCommand } from '../command.ts'
import { coloursFor } from '../context.ts'
import { flag } from '../options.ts'
import { withSource } from '../with-source.ts'

export const status = defineCommand({
  name: 'status',
  summary: 'Show what is configured and what runs in each family, layer by layer',
  description:
    'Shows one row for each layer of the cluster: what files and objects say, and what runs, in each IP family. Changes nothing. A node that cannot be reached is named, and the rest is shown.',
  options: {
    ...clusterOptions,
    output,
    exitCode: flag('end with 7 unless every row is dual-stack, for scripts'),
  },
  examples: [
    { command: 'kubectl dualstack status', does: 'the cluster of your kubeconfig' },
    { command: 'dualstack status --from bundle/', does: 'a bundle' },
    { command: 'dualstack status -o json --exit-code', does: 'for a script' },
  ],
  whenInterrupted: 'Nothing was changed: status only reads.',
  handler: async ({ options }, context) =>
    withSource(options, context, async source => {
      const [{ status: statusOf }, { layers }, { readsOf }, { statusText }, { toJson }] = await Promise.all([
        import('../../app/status.ts'),
        import('../../app/layers.ts'),
        import('../../model/layer.ts'),
        import('../../report/status.ts'),
        import('../../report/json.ts'),
      ])
      const cluster = await source.read(readsOf(layers), { tolerant: true, signal: context.signal })
      const report = statusOf(cluster, layers)
      const colours = await coloursFor(context.stdout, context.env)
      context.stdout.write(options.output === 'json' ? toJson(report) : statusText(report, colours))
      return options.exitCode && report.verdict !== 'dual-stack' ? exitCodes.notDual : exitCodes.ok
    }),
})
