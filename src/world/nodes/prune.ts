import { type Agent, call } from './agent.ts'

/** Takes the copies of old runs away (agent/prune.sh). Returns the runs whose copies went, oldest first. */
export async function prune(agent: Agent, node: string, keep: number): Promise<readonly string[]> {
  const records = await call(agent, node, ['prune'], { KEEP: Math.max(0, Math.trunc(keep)) })
  return records.flatMap(([kind, name]) => (kind === 'pruned' && name !== undefined ? [name.toString()] : []))
}
