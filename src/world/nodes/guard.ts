import { StoppedError } from '../../base/errors.ts'
import type { NodeAccess } from '../ports.ts'
import { type Agent, call, patienceMs } from './agent.ts'
import { absolute } from './facts.ts'
import { first } from './frame.ts'
import { folderName, guardUnit } from './names.ts'
import { oneALine, toBase64 } from './quote.ts'
import { program } from './script.ts'

type Guard = Parameters<NodeAccess['guard']>[1]

const namesOf = (run: string, step: string) => ({
  RUN: folderName(run),
  STEP: folderName(step),
  ID: guardUnit(run, step),
})

/** Arms the switch: a service of the host with a timer. Arming it again starts the time anew, with the texts kept the first time. */
export async function arm(
  agent: Agent,
  node: string,
  { run, step, paths, unit, within }: Guard,
): Promise<void> {
  const values = { ...namesOf(run, step), UNIT: unit ?? '' }
  const fire = program(['files', 'unit', 'guard-fire'], { FRAME: '', ...values }, agent.place)
  await call(
    agent,
    node,
    ['unit', 'guard-arm'],
    { ...values, PATHS: oneALine(paths.map(absolute)), WITHIN: Math.ceil(within), AGENT: toBase64(fire) },
    { patienceMs },
  )
}

/** @throws StoppedError when the switch was faster: the files are back as they were */
export async function confirm(agent: Agent, node: string, run: string, step: string): Promise<void> {
  const records = await call(agent, node, ['unit', 'guard-confirm'], namesOf(run, step), { patienceMs })
  const [state, said] = first(records, 'done') ?? []
  if (state === 'confirmed') return
  if (state === 'reverted') {
    throw new StoppedError(
      `node ${node}: nobody confirmed ${step} in time, and the node put back what was there: ${(said ?? '').trim().replaceAll('\n', '; ')}`,
      'nodes.reverted',
      'Run the same command again: it starts from what is there now.',
    )
  }
  throw new StoppedError(
    `node ${node}: no switch is armed for ${step}`,
    'nodes.not-armed',
    'Run the same command again.',
  )
}

/** Longer than the unit's own limits: a restart of 120 s, and all files. */
const revertWithin = 300_000

/** Fires the switch, waits until what was before is back. Nothing armed: nothing to do. */
export async function revert(agent: Agent, node: string, run: string, step: string): Promise<void> {
  const until = agent.clock.now() + revertWithin
  for (let fire = 1; ; fire = 0) {
    const values = { ...namesOf(run, step), FIRE: fire === 1 ? 1 : '' }
    const records = await call(agent, node, ['unit', 'guard-look'], values, { patienceMs: 120_000 })
    const [state, said = ''] = first(records, 'done') ?? []
    if (state !== 'armed' && state !== 'reverting') {
      if (/^could not/m.test(said))
        throw new StoppedError(`node ${node}: ${said.trim()}`, 'nodes.not-reverted', hint)
      agent.logger.debug(`node ${node}: ${step}: ${state ?? ''} ${said.trim()}`)
      return
    }
    if (agent.clock.now() > until) {
      throw new StoppedError(
        `node ${node}: the files of ${step} are not back after ${revertWithin / 1000} s`,
        'nodes.not-reverted',
        hint,
      )
    }
    await agent.clock.sleep(500)
  }
}

const hint = 'The texts that were there are kept on the node below /var/lib/dualstack.'
