import { exitCodes } from '../../base/errors.ts'
import { output } from '../cluster-options.ts'
import { defineCommand } from '../command.ts'
import { coloursFor } from '../context.ts'

export const explain = defineCommand({
  name: 'explain',
  summary: 'Say what a rule demands, why, where it is written, and how to mend it',
  description:
    'Tells all there is to know of the rule that a finding names: why it is so, in which versions, where it is written, what the component itself says, how to mend it, and examples. Without an ID it lists all rules. Reads no cluster.',
  positionals: [{ name: 'ID', summary: 'of a rule, as a finding names it', optional: true }],
  options: { output },
  examples: [
    { command: 'dualstack explain service-range/too-large', does: 'one rule' },
    { command: 'dualstack explain', does: 'all of them, one a line' },
  ],
  whenInterrupted: 'Nothing was changed: explain reads no cluster.',
  handler: async ({ options, args }, context) => {
    const [{ ruleOf }, { allRules }, { explainText, rulesTable }, { toJson }] = await Promise.all([
      import('../../app/explain.ts'),
      import('../../app/rules.ts'),
      import('../../report/explain.ts'),
      import('../../report/json.ts'),
    ])
    const [id] = args
    const colours = await coloursFor(context.stdout, context.env)
    const rules = id === undefined ? allRules : [ruleOf(id)]
    const [only] = rules
    if (options.output === 'json') {
      const plain = rules.map(({ examples: _functions, ...rule }) => rule)
      context.stdout.write(toJson(id === undefined ? plain : plain[0]))
    } else if (id === undefined || only === undefined) context.stdout.write(rulesTable(rules, colours))
    else context.stdout.write(explainText(only, colours))
    return exitCodes.ok
  },
})
