import { RefusedError } from '../../base/errors.ts'
import type { NodeFile } from '../../model/cluster.ts'
import { hashText } from '../../text/edits.ts'
import type { FileWrite } from '../ports.ts'
import { type Agent, call, patienceMs } from './agent.ts'
import { absolute, parseFacts } from './facts.ts'
import { first } from './frame.ts'
import { folderName } from './names.ts'
import { toBase64 } from './quote.ts'

export async function readFile(agent: Agent, node: string, path: string): Promise<NodeFile | null> {
  const values = { FILES: absolute(path), PATTERNS: '', NETWORK: '', API: '', REACH: '' }
  const records = await call(agent, node, ['api', 'facts'], values, { patienceMs })
  const file = parseFacts(records, {}).files[path]
  if (file === undefined) {
    throw new RefusedError(
      `node ${node}: ${path} is not a file`,
      'nodes.not-a-file',
      'Name a file, not a folder or device.',
    )
  }
  return file
}

/** Expected hash → copy next to it → fsync → rename → verify (agent/files.sh). The old text is kept below /var/lib/dualstack/<run>/files. */
export async function writeFile(
  agent: Agent,
  node: string,
  write: FileWrite,
): Promise<'written' | 'already'> {
  const values = {
    RUN: folderName(write.run),
    FILE: absolute(write.path),
    BEFORE: write.before ?? 'absent',
    AFTER: write.text === null ? 'absent' : hashText(write.text),
    TEXT: toBase64(write.text ?? ''),
    MODE: write.mode === undefined ? '' : write.mode.toString(8),
  }
  const records = await call(agent, node, ['files', 'write'], values, { patienceMs })
  return first(records, 'done')?.[0] === 'already' ? 'already' : 'written'
}
