import { exitCodes } from '../../base/errors.ts'
import { clusterOptions, output } from '../cluster-options.ts'
import { defineCommand } from '../command.ts'
import { coloursFor } from '../context.ts'
import { choice, flag, value } from '../options.ts'
import { intentOptions } from '../intent-options.ts'
import { inFolder, pathOf, withSource } from '../with-source.ts'

export const plan = defineCommand({
  name: 'plan',
  summary: 'Show every change as a diff, in the order in which it would be made',
  description:
    'Shows all that apply would do: each change as a diff, in order, with why it is needed, what it interrupts, and what the way back cannot remove. Changes nothing. What you do not name is taken from the cluster, or chosen so that the same cluster always gets the same answer.',
  options: {
    to: choice(['dual', 'single'], 'where to: dual-stack (default), or back to single-stack'),
    ...intentOptions,
    save: value('FILE', 'write the plan to a new file, for `dualstack apply FILE`'),
    verbose: flag('every object by itself, and what each step waits for', { short: 'v' }),
    output,
    ...clusterOptions,
  },
  examples: [
    { command: 'kubectl dualstack plan', does: 'ranges are chosen for you' },
    { command: 'dualstack plan --pods fd10:1::/56 --services fd10:2::/112', does: 'ranges of your own' },
    { command: 'dualstack plan --config dualstack.yaml', does: 'what you want, from a file' },
    { command: 'dualstack plan --from bundle --save plan.json', does: 'from a bundle, kept' },
    { command: 'dualstack plan --to single', does: 'the way back' },
  ],
  whenInterrupted: 'Nothing was changed: plan only reads.',
  handler: async ({ options }, context) => {
    // A mistake in the file is told before the cluster is asked for anything.
    const { readIntent } = await import('../../app/read-intent.ts')
    const intent = await readIntent(options, pathOf(context, options.config))
    return withSource(options, context, async source => {
      const [{ preview }, { layers }, { planText }, { toJson }] = await Promise.all([
        import('../../app/preview.ts'),
        import('../../app/layers.ts'),
        import('../../report/plan.ts'),
        import('../../report/json.ts'),
      ])
      const { plan: made, origins } = await preview(source, intent, layers, {
        env: context.env,
        signal: context.signal,
      })
      if (options.save !== undefined) {
        const { savePlan } = await import('../../app/plan-file.ts')
        await savePlan(inFolder(context, options.save), made)
        context.stderr.write(`saved to ${options.save}\n`)
      }
      const colours = await coloursFor(context.stdout, context.env)
      context.stdout.write(
        options.output === 'json'
          ? toJson(made)
          : planText(made, { colours, verbose: options.verbose, origins }),
      )
      return exitCodes.ok
    })
  },
})
