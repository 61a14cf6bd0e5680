import { parseArgs } from 'node:util'
import { messageOf } from '../../src/base/errors.ts'
import { open, up } from '../index.ts'
import { labNames } from '../state.ts'
import { breakages } from './index.ts'
import { record } from './recorded.ts'
import { runAll } from './run.ts'

/**
 * `npm run breakages -- [--name NAME] [--only ID,ID] [--until-quiet] [--record]`: one line of JSON each. A lab of that name is used, and brought up where
 * there is none; it stays. `--record` keeps the results for docs/breakages.md.
 */
const { values } = parseArgs({
  options: {
    name: { type: 'string', default: 'breakages' },
    only: { type: 'string', default: '' },
    'until-quiet': { type: 'boolean', default: false },
    record: { type: 'boolean', default: false },
  },
})
const say = (line: string): void => void process.stderr.write(`${line}\n`)
const { name, only } = values
const lab = (await labNames()).includes(name) ? await open(name) : await up({ name, log: say })
const chosen = breakages.filter(
  ({ id }) => only === '' || only.split(',').some(prefix => id.startsWith(prefix)),
)
await runAll(lab, chosen, {
  untilQuiet: values['until-quiet'],
  say,
  onOutcome: outcome => {
    process.stdout.write(`${JSON.stringify(outcome)}\n`)
    if (values.record) record(outcome)
  },
  onFailed: ({ id }, error) => {
    say(`${id}: ${messageOf(error)}`)
    process.exitCode = 1
  },
})
