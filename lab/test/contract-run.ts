import { parseArgs } from 'node:util'
import { openWorld } from '../../src/app/world.ts'
import { contract, runSuite } from '../../src/practice/contract/index.ts'

/**
 * The contract suite against a real cluster, from where its nodes can be reached (namespace `outside`): one line of JSON a case.
 * `npm run lab -- exec outside -- npx tsx lab/test/contract-run.ts --ssh-config FILE [--only PREFIX]`
 */
const { values } = parseArgs({ options: { 'ssh-config': { type: 'string' }, only: { type: 'string' } } })
const { world, close } = await openWorld({
  nodeAccess: 'ssh',
  ssh: { config: values['ssh-config'], destination: '{name}' },
  env: process.env,
  patience: 60,
})
const { only = '' } = values
const cases = contract.filter(({ id }) => only.split(',').some(prefix => id.startsWith(prefix)))
try {
  await runSuite(world, cases, {
    onResult: result => void process.stdout.write(`${JSON.stringify(result)}\n`),
  })
} finally {
  await close()
}
