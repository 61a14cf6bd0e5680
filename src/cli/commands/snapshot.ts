import { exitCodes } from '../../base/errors.ts'
import { liveOptions, output } from '../cluster-options.ts'
import { defineCommand } from '../command.ts'
import { coloursFor } from '../context.ts'
import { flag } from '../options.ts'
import { inFolder, withSource } from '../with-source.ts'

export const snapshot = defineCommand({
  name: 'snapshot',
  summary: 'Write what is there to a folder, without Secrets and keys',
  description:
    'Writes what dualstack reads of a cluster and its nodes to a folder, a bundle: objects, network files and settings of the nodes. No Secrets, keys or tokens: only what is on a fixed list is read, and what looks confidential in it is taken out and named. Changes nothing in the cluster. The folder is there when it is whole, or not at all.',
  positionals: [{ name: 'folder', summary: 'a folder that is not there yet' }],
  options: {
    ...liveOptions,
    output,
    skipUnreachable: flag('leave nodes out that cannot be reached, instead of stopping'),
  },
  examples: [
    { command: 'dualstack snapshot bundle', does: 'the cluster of your kubeconfig' },
    { command: 'dualstack snapshot bundle --node-access pod', does: 'without ssh' },
    { command: 'dualstack plan --from bundle', does: 'look at it later, anywhere' },
  ],
  whenInterrupted: 'Nothing was changed, and no folder was written.',
  handler: async ({ options, args: [folder = ''] }, context) =>
    withSource({ ...options, from: undefined }, context, async ({ world }) => {
      const [{ snapshot: take }, { layers }, { snapshotText }, { toJson }] = await Promise.all([
        import('../../app/snapshot.ts'),
        import('../../app/layers.ts'),
        import('../../report/snapshot.ts'),
        import('../../report/json.ts'),
      ])
      if (!world) throw new Error('a snapshot was asked of something that is not a live cluster')
      const report = await take(world, layers, inFolder(context, folder), {
        signal: context.signal,
        tolerant: options.skipUnreachable,
      })
      const colours = await coloursFor(context.stdout, context.env)
      context.stdout.write(
        options.output === 'json' ? toJson(report) : snapshotText({ ...report, folder }, colours),
      )
      return exitCodes.ok
    }),
})
