import { exitCodes } from '../../base/errors.ts'
import { output } from '../cluster-options.ts'
import { defineCommand } from '../command.ts'
import { coloursFor } from '../context.ts'
import { value } from '../options.ts'

/** Lines that a person looks through. */
const usualLimit = '256'

export const cidrSplit = defineCommand({
  name: 'cidr split',
  summary: 'Split a range into ranges of one size',
  description:
    'Splits a range into all ranges of a prefix length, or into as many of the same size as are wanted (the next power of two). Shows the first of them, in order.',
  positionals: [{ name: 'cidr', summary: 'the range' }],
  options: {
    prefix: value('N', 'prefix length of the parts'),
    parts: value('N', 'how many parts at least, instead of --prefix'),
    limit: value('N', `how many are shown (default: ${usualLimit})`),
    output,
  },
  examples: [
    { command: 'dualstack cidr split 10.244.0.0/16 --prefix 24', does: 'one for each node' },
    { command: 'dualstack cidr split fd10:1::/48 --parts 4', does: 'four of /50' },
    { command: 'dualstack cidr split fd10:1::/48 --prefix 64 --limit 3', does: 'the first three of 65,536' },
  ],
  whenInterrupted: 'Nothing was changed: cidr only calculates.',
  handler: async ({ options, args: [text = ''] }, context) => {
    const [{ splitRange }, { splitText }, { toJson }] = await Promise.all([
      import('../../app/cidr-split.ts'),
      import('../../report/cidr-split.ts'),
      import('../../report/json.ts'),
    ])
    const split = splitRange(text, { ...options, limit: options.limit ?? usualLimit })
    const colours = await coloursFor(context.stdout, context.env)
    context.stdout.write(options.output === 'json' ? toJson(split) : splitText(split, colours))
    return exitCodes.ok
  },
})
