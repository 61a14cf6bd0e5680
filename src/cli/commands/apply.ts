import { leaveOptions, liveOptions } from '../cluster-options.ts'
import { defineCommand } from '../command.ts'
import { ignoreOptions, intentOptions } from '../intent-options.ts'
import { runningOptions, runReported } from '../running.ts'
import { trafficOptions } from '../watching.ts'
import { inFolder, pathOf, withWorld } from '../with-source.ts'

export const apply = defineCommand({
  name: 'apply',
  summary: 'Take the cluster to dual-stack while it serves',
  description:
    'Runs a plan on the live cluster: a saved one, or one made now after showing it. Refuses where preflight finds an error, and shows its warnings. Proves new flags before it touches what runs, swaps an API server while a stand-in serves, waits for each step to hold before the next, and keeps a journal. Stopped at any point, the same command goes on from there. With --with-traffic it ends with 7 where requests were lost on the way: the cluster is converted then all the same.',
  positionals: [{ name: 'PLAN', summary: 'file that `dualstack plan --save` wrote', optional: true }],
  options: {
    ...intentOptions,
    ...ignoreOptions,
    ...runningOptions,
    ...trafficOptions,
    ...liveOptions,
    ...leaveOptions,
  },
  examples: [
    { command: 'kubectl dualstack apply', does: 'shows the plan, asks, runs it' },
    { command: 'dualstack apply plan.json --yes', does: 'a plan that was agreed to' },
    { command: 'dualstack apply --with-traffic', does: 'and says what was lost, when, and in which step' },
    { command: 'dualstack apply --node-access pod', does: 'no ssh: through a privileged pod on each node' },
  ],
  whenInterrupted:
    'What was begun was finished or put back. Call `dualstack apply` again to go on, or `dualstack rollback` to go back.',
  handler: async ({ options, args }, context) => {
    // A mistake in a file is told before the cluster is asked for anything.
    const [{ readIntent }, { readPlan }, { ignoredRules }] = await Promise.all([
      import('../../app/read-intent.ts'),
      import('../../app/read-plan.ts'),
      import('../../app/ignored.ts'),
    ])
    const ignored = ignoredRules(options)
    const intent = await readIntent(options, pathOf(context, options.config))
    const file = args[0]
    const given = file === undefined ? undefined : await readPlan(inFolder(context, file))
    return withWorld(options, context, async world => {
      const [{ apply: run }, { layers }] = await Promise.all([
        import('../../app/apply.ts'),
        import('../../app/layers.ts'),
      ])
      return runReported(context, options, 'apply', world, handed =>
        run({ world, layers, given, intent, ignored, without: new Set(options.withoutNode), ...handed }),
      )
    })
  },
})
