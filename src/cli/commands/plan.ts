import { exitCodes } from '../../base/errors.ts'
import { clusterOptions, leaveOptions } from '../cluster-options.ts'
import { defineCommand } from '../command.ts'
import { coloursFor } from '../context.ts'
import { choice, choiceOr, flag, value } from '../options.ts'
import { ignoreOptions, intentOptions } from '../intent-options.ts'
import { inFolder, pathOf, withSource } from '../with-source.ts'

export const plan = defineCommand({
  name: 'plan',
  summary: 'Show every change as a diff, in the order in which it would be made',
  description:
    'Shows all that apply would do: each change as a diff, in order, with why it is needed, what it interrupts, and what the way back cannot remove. Changes nothing. What you do not name is taken from the cluster, or chosen so that the same cluster always gets the same answer.',
  options: {
    to: choice(['dual', 'single'], 'where to: dual-stack (default), or back to single-stack'),
    ...intentOptions,
    ...ignoreOptions,
    document: value(
      'FILE',
      'write it as a document for those who approve it: a new file that ends in .md or .html',
    ),
    save: value('FILE', 'write the plan to a new file, for `dualstack apply FILE`'),
    verbose: flag('every object by itself, and what each step waits for', { short: 'v' }),
    output: choiceOr(['text', 'json', 'markdown', 'html'], 'text', 'what is printed', { short: 'o' }),
    ...clusterOptions,
    ...leaveOptions,
  },
  examples: [
    { command: 'kubectl dualstack plan', does: 'ranges are chosen for you' },
    { command: 'dualstack plan --pods fd10:1::/56 --services fd10:2::/112', does: 'ranges of your own' },
    { command: 'dualstack plan --config dualstack.yaml', does: 'what you want, from a file' },
    { command: 'dualstack plan --from bundle --save plan.json', does: 'from a bundle, kept' },
    {
      command: 'dualstack plan --save plan.json --document plan.html',
      does: 'a page for those who approve it',
    },
    { command: 'dualstack plan --to single', does: 'the way back' },
  ],
  whenInterrupted: 'Nothing was changed: plan only reads.',
  handler: async ({ options }, context) => {
    // A mistake in the file is told before the cluster is asked for anything.
    const [{ readIntent }, { ignoredRules }] = await Promise.all([
      import('../../app/read-intent.ts'),
      import('../../app/ignored.ts'),
    ])
    const ignored = ignoredRules(options)
    if (options.document !== undefined) (await import('../../app/document.ts')).formOf(options.document)
    const intent = await readIntent(options, pathOf(context, options.config))
    return withSource(options, context, async source => {
      const [{ preview }, { layers }, { planText }, { findingsLine }, { toJson }] = await Promise.all([
        import('../../app/preview.ts'),
        import('../../app/layers.ts'),
        import('../../report/plan.ts'),
        import('../../report/findings.ts'),
        import('../../report/json.ts'),
      ])
      const {
        plan: made,
        origins,
        version,
        judged,
      } = await preview(source, intent, layers, {
        now: context.clock.now(),
        ignored,
        without: new Set(options.withoutNode),
        env: context.env,
        signal: context.signal,
      })
      const { fingerprintOf, savePlan, writeNew } = await import('../../app/plan-file.ts')
      if (options.save !== undefined) {
        await savePlan(inFolder(context, options.save), made)
        context.stderr.write(`saved to ${options.save}\n`)
      }
      const { output, document } = options
      const { planDocument, formOf } = await import('../../app/document.ts')
      const about = {
        origins,
        version,
        at: new Date(context.clock.now()).toISOString(),
        ...(options.save !== undefined && { fingerprint: fingerprintOf(made) }),
      }
      if (document !== undefined) {
        await writeNew(inFolder(context, document), await planDocument(made, formOf(document), about))
        context.stderr.write(`written to ${document}\n`)
      }
      if (output === 'json') context.stdout.write(toJson(made))
      else if (output !== 'text') context.stdout.write(await planDocument(made, output, about))
      else if (document === undefined) {
        const colours = await coloursFor(context.stdout, context.env)
        context.stdout.write(planText(made, { colours, verbose: options.verbose, origins }))
        context.stdout.write(`\n${findingsLine(judged.findings, colours)}`)
      }
      return exitCodes.ok
    })
  },
})
