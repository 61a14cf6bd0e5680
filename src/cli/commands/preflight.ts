import { exitCodes } from '../../base/errors.ts'
import { clusterOptions, output } from '../cluster-options.ts'
import { defineCommand } from '../command.ts'
import { coloursFor } from '../context.ts'
import { ignoreOptions, intentOptions } from '../intent-options.ts'
import { choice, flag } from '../options.ts'
import { pathOf, withSource } from '../with-source.ts'

export const preflight = defineCommand({
  name: 'preflight',
  summary: 'Judge the cluster, the ranges and the plan by every rule, before anything is touched',
  description:
    'Runs every rule on the cluster as it is, on the ranges that were asked for, and on each state that the plan passes through: would every component start, would every write be taken? Says everything it finds, then the verdict. Ends with 8 when there is an error. Changes nothing.',
  options: {
    to: choice(['dual', 'single'], 'where to: dual-stack (default), or back to single-stack'),
    ...intentOptions,
    ...ignoreOptions,
    all: flag('list also the rules that were kept, and those that could not be judged'),
    output,
    ...clusterOptions,
  },
  examples: [
    { command: 'kubectl dualstack preflight', does: 'the cluster of your kubeconfig' },
    { command: 'dualstack preflight --from bundle --all', does: 'a bundle, every rule by name' },
    { command: 'dualstack preflight --pods fd10:1::/56', does: 'with a range of your own' },
    { command: 'dualstack explain service-range/too-large', does: 'what a finding is about' },
  ],
  whenInterrupted: 'Nothing was changed: preflight only reads.',
  handler: async ({ options }, context) => {
    const [{ readIntent }, { ignoredRules }] = await Promise.all([
      import('../../app/read-intent.ts'),
      import('../../app/ignored.ts'),
    ])
    const ignored = ignoredRules(options)
    const intent = await readIntent(options, pathOf(context, options.config))
    return withSource(options, context, async source => {
      const [{ foresee }, { layers }, { preflightText }, { toJson }] = await Promise.all([
        import('../../app/foresee.ts'),
        import('../../app/layers.ts'),
        import('../../report/findings.ts'),
        import('../../report/json.ts'),
      ])
      const { env, signal, clock } = context
      const report = await foresee(source, intent, layers, { ignored, now: clock.now(), env, signal })
      const colours = await coloursFor(context.stdout, context.env)
      context.stdout.write(
        options.output === 'json' ? toJson(report) : preflightText(report, { colours, all: options.all }),
      )
      return report.verdict === 'stop' ? exitCodes.notReady : exitCodes.ok
    })
  },
})
