import { createPrivateKey, X509Certificate } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { isAbsolute, join } from 'node:path'
import { UsageError } from '../../base/errors.ts'
import { type Entry, folderOf } from './kubeconfig.ts'
import { textOf } from './record.ts'

/**
 * `<field>-data` (base64) or the file that `<field>` names; data wins, as in client-go (rest/config.go, dataFromSliceOrFile).
 * @throws UsageError `kubeconfig.unreadable`
 */
async function pemOf(entry: Entry, field: string, what: string): Promise<Buffer | undefined> {
  const data = textOf(entry.fields[`${field}-data`])
  if (data !== undefined) return Buffer.from(data, 'base64')
  const named = textOf(entry.fields[field])
  return named === undefined ? undefined : readNamed(entry, field, named, what)
}

/** Reads a file that an entry names; a relative path starts at the kubeconfig's folder. */
export async function readNamed(entry: Entry, field: string, named: string, what: string): Promise<Buffer> {
  const path = isAbsolute(named) ? named : join(folderOf(entry), named)
  try {
    return await readFile(path)
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown error'
    throw new UsageError(
      `${field} of ${what} in ${entry.file} cannot be read: ${code} ${path}`,
      code === 'EACCES'
        ? 'Run as somebody who may read it, e.g. with sudo.'
        : 'Mend the path in the kubeconfig.',
      'kubeconfig.unreadable',
    )
  }
}

/** One or more certificates in PEM. The parser's own message is left out: it may quote what it read. */
export async function certificateOf(entry: Entry, field: string, what: string): Promise<Buffer | undefined> {
  const pem = await pemOf(entry, field, what)
  if (pem !== undefined)
    check(() => new X509Certificate(pem), `${field} of ${what} in ${entry.file} is not a PEM certificate`)
  return pem
}

/** A private key in PEM, without a pass phrase: kubeconfig has no place for one. */
export async function keyOf(entry: Entry, field: string, what: string): Promise<Buffer | undefined> {
  const pem = await pemOf(entry, field, what)
  if (pem !== undefined)
    check(() => createPrivateKey(pem), `${field} of ${what} in ${entry.file} is not a PEM private key`)
  return pem
}

function check(parse: () => unknown, message: string): void {
  try {
    parse()
  } catch {
    throw new UsageError(
      message,
      'Fetch the kubeconfig again from where it came.',
      'kubeconfig.bad-certificate',
    )
  }
}
