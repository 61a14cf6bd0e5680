import { RefusedError, StoppedError } from '../../base/errors.ts'
import type { NodeAccess } from '../ports.ts'
import { type Agent, call, patienceMs } from './agent.ts'
import { sysctlKey } from './facts.ts'
import { first } from './frame.ts'

/** Sets a sysctl of the network, now. What shall stay after a reboot is a file in /etc/sysctl.d. */
export async function setSysctl(agent: Agent, node: string, key: string, value: string): Promise<void> {
  if (!/^net\.[\w./-]+$/.test(key) || key.includes('..') || !/^[\w. -]+$/.test(value)) {
    throw new RefusedError(
      `${key} = ${value} is not a sysctl that we set`,
      'nodes.sysctl',
      'Only keys below net. are.',
    )
  }
  await call(agent, node, ['sysctl'], { KEY: sysctlKey(key), VALUE: value }, { patienceMs })
}

interface UnitState {
  readonly load: string
  readonly active: string
  readonly invocation: string
  readonly job: string
}

const restartWithin = 120_000

/**
 * Restarts a unit, and waits until systemd counts it as active again, by another invocation: a level, so that it does not matter whether the
 * restart cut off the way by which it was asked for.
 */
export async function restartUnit(agent: Agent, node: string, unit: string): Promise<void> {
  if (!/^[A-Za-z0-9][\w@.:-]*$/.test(unit))
    throw new RefusedError(`${unit} is not the name of a unit`, 'nodes.unit')
  const look = async (restart = ''): Promise<UnitState> => {
    const records = await call(
      agent,
      node,
      ['unit', 'unit-state'],
      { UNIT: unit, RESTART: restart },
      { patienceMs },
    )
    return parseState(first(records, 'done')?.[0] ?? '')
  }
  const before = await look()
  if (before.load !== 'loaded') throw new RefusedError(`node ${node} has no unit ${unit}`, 'nodes.unit')
  const until = agent.clock.now() + restartWithin
  let now = await look(before.invocation || 'none')
  while (now.invocation === before.invocation || now.active !== 'active' || now.job !== '') {
    if (agent.clock.now() > until) {
      throw new StoppedError(
        `node ${node}: ${unit} is ${now.active} ${restartWithin / 1000} s after it was restarted`,
        'nodes.unit-not-active',
        `On the node: journalctl -u ${unit}`,
      )
    }
    await agent.clock.sleep(500)
    now = await look()
  }
}

/** `systemctl show` prints `Name=value` lines; Job is 0 or missing when there is none. */
function parseState(printed: string): UnitState {
  const values = new Map(
    printed.split('\n').map(line => {
      const equals = line.indexOf('=')
      return [line.slice(0, equals), line.slice(equals + 1)] as const
    }),
  )
  const job = values.get('Job') ?? ''
  return {
    load: values.get('LoadState') ?? '',
    active: values.get('ActiveState') ?? '',
    invocation: values.get('InvocationID') ?? '',
    job: job === '0' ? '' : job,
  }
}

/** The last lines of a unit's journal, or of the newest container of a pod: /var/log/pods, which needs no runtime to answer. */
export async function readLogs(
  agent: Agent,
  node: string,
  what: Parameters<NodeAccess['logs']>[1],
  lines: number,
): Promise<string> {
  const name = 'pod' in what ? what.pod : what.unit
  if (!/^[A-Za-z0-9][\w@.:-]*$/.test(name)) throw new RefusedError(`${name} is not a name`, 'nodes.logs')
  const values = {
    POD: 'pod' in what ? name : '',
    UNIT: 'unit' in what ? name : '',
    LINES: Math.max(1, Math.trunc(lines)),
  }
  return first(await call(agent, node, ['logs'], values), 'done')?.[0] ?? ''
}
