import { exitCodes, StoppedError } from '../../base/errors.ts'
import { defineCommand } from '../command.ts'
import { coloursFor } from '../context.ts'
import { ignoreOptions, intentOptions } from '../intent-options.ts'
import { choiceOr, list, yesNo } from '../options.ts'
import { inFolder, pathOf } from '../with-source.ts'

export const rehearse = defineCommand({
  name: 'rehearse',
  summary: 'Try the whole conversion and the way back on a practice cluster made from a bundle',
  description:
    'Makes a cluster in memory from a bundle (`dualstack snapshot` writes one of your own; without one, a real cluster that comes with this tool) and takes it to dual-stack and back: observe, preflight, plan, apply, check, roll back, compare with the start. It refuses what a real one refuses. --fault makes something go wrong and shows the recovery. No cluster is touched, and nothing is kept. Ends with 6 when the way back did not lead to the start.',
  positionals: [{ name: 'BUNDLE', summary: 'folder that `dualstack snapshot` wrote', optional: true }],
  options: {
    ...intentOptions,
    ...ignoreOptions,
    fault: list(
      'NAME[@STEP]',
      'what goes wrong, and in which step (there:STEP or back:STEP where both ways have it): kill, cut, disk-full, node-unreachable, api-server-stays-down, pod-never-ready, deaf, other-writer; may be repeated',
    ),
    whole: yesNo(
      'practise every node and every pod of a large cluster too (more than 100 nodes or 3,000 pods), at about 0.15 s and 2 MB a node; without it some of each kind stand for the rest',
    ),
    diffs: yesNo('show what each step changes (default)'),
    output: choiceOr(['text', 'json'], 'text', 'what is printed: text, or the summary as JSON', {
      short: 'o',
    }),
  },
  examples: [
    { command: 'dualstack rehearse', does: 'the real cluster that comes with this tool' },
    { command: 'dualstack rehearse mine --no-diffs', does: 'a bundle of your own' },
    { command: 'dualstack rehearse --fault kill@kubelet/n1', does: 'the tool dies in a step, and goes on' },
    {
      command: 'dualstack rehearse --fault api-server-stays-down',
      does: 'a new API server that does not start',
    },
  ],
  whenInterrupted: 'Nothing was changed: a rehearsal touches no cluster.',
  handler: async ({ options, args }, context) => {
    const [{ rehearse: run }, { bundledSample }, { readIntent }, { ignoredRules }, { layers }, report] =
      await Promise.all([
        import('../../app/rehearse.ts'),
        import('../../app/sample.ts'),
        import('../../app/read-intent.ts'),
        import('../../app/ignored.ts'),
        import('../../app/layers.ts'),
        import('../../report/rehearsal.ts'),
      ])
    const { toJson } = await import('../../report/json.ts')
    const { rehearsalReporter } = await import('../rehearsing.ts')
    const [bundle] = args
    const ignored = ignoredRules(options)
    const intent = await readIntent(options, pathOf(context, options.config))
    const reporter = await rehearsalReporter(context, options.diffs !== false)
    const rehearsal = await run({
      bundle: bundle === undefined ? bundledSample() : inFolder(context, bundle),
      layers,
      intent,
      ignored,
      faults: options.fault,
      whole: options.whole === true,
      tell: reporter.tell,
      emit: reporter.emit,
      signal: context.signal,
    }).finally(reporter.end)
    const colours = await coloursFor(context.stdout, context.env)
    context.stdout.write(
      options.output === 'json' ? toJson(rehearsal) : report.rehearsalText(rehearsal, colours),
    )
    if (rehearsal.equal) return exitCodes.ok
    // The document says it; a second one behind it would not parse.
    if (options.output === 'json') return exitCodes.stopped
    throw new StoppedError(
      `the way back did not lead to the start: ${rehearsal.compared.differences.length} differences`,
      'rehearse.not-equal',
      'They are listed above. Do not convert this cluster before they are understood.',
    )
  },
})
