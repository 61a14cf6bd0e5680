import { exitCodes } from '../../base/errors.ts'
import { output } from '../cluster-options.ts'
import { defineCommand } from '../command.ts'
import { coloursFor } from '../context.ts'

export const cidrShow = defineCommand({
  name: 'cidr show',
  summary: 'Show what a range or an address is: first and last, how many, what it is set aside for',
  description:
    'Shows the canonical form, the family, the first and the last address, how many there are, what the addresses are set aside for, and what the range would be for pods and Services. Reads texts as strictly as Go’s net/netip; says of one that is wrong what is wrong, and ends with 2 then.',
  positionals: [{ name: 'cidr', summary: 'a range or an address of either family', many: true }],
  options: { output },
  examples: [
    { command: 'dualstack cidr show 10.96.0.0/12', does: 'where it ends' },
    { command: 'dualstack cidr show fd10:1::/56 2001:db8::1', does: 'several at once' },
  ],
  whenInterrupted: 'Nothing was changed: cidr only calculates.',
  handler: async ({ options, args }, context) => {
    const [{ showRanges }, { shownText }, { toJson }] = await Promise.all([
      import('../../app/cidr-show.ts'),
      import('../../report/cidr-show.ts'),
      import('../../report/json.ts'),
    ])
    const shown = showRanges(args)
    const colours = await coloursFor(context.stdout, context.env)
    context.stdout.write(options.output === 'json' ? toJson(shown) : shownText(shown, colours))
    return shown.some(one => 'error' in one) ? exitCodes.usage : exitCodes.ok
  },
})
