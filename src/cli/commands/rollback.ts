import { leaveOptions, liveOptions } from '../cluster-options.ts'
import { defineCommand } from '../command.ts'
import { runningOptions, runReported } from '../running.ts'
import { trafficOptions } from '../watching.ts'
import { withWorld } from '../with-source.ts'

export const rollback = defineCommand({
  name: 'rollback',
  summary: 'Take the cluster back to single-stack, files byte for byte as they were',
  description:
    'Plans the way back from what is there, with the exact old values that the journals of this machine remember, shows it, and runs it. What cannot return (the ServiceCIDR object stays a pair, the pool stays, disabled) is said in the plan. Stopped at any point, the same command goes on from there. With --with-traffic it ends with 7 where requests were lost on the way.',
  options: { ...runningOptions, ...trafficOptions, ...liveOptions, ...leaveOptions },
  examples: [
    { command: 'dualstack plan --to single', does: 'what would be done' },
    { command: 'dualstack rollback', does: 'shows it, asks, does it' },
    { command: 'dualstack rollback --yes -o json', does: 'for scripts: each event as a line of JSON' },
  ],
  whenInterrupted: 'What was begun was finished or put back. Call `dualstack rollback` again to go on.',
  handler: async ({ options }, context) =>
    withWorld(options, context, async world => {
      const [{ rollback: run }, { layers }] = await Promise.all([
        import('../../app/rollback.ts'),
        import('../../app/layers.ts'),
      ])
      return runReported(context, options, 'rollback', world, handed =>
        run({ world, layers, intent: {}, without: new Set(options.withoutNode), ...handed }),
      )
    }),
})
