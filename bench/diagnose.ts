/**
 * `diagnose` on a generated log of 200 MB: seconds and the most memory that the process had.
 *   npm run bench diagnose
 */
import { createReadStream, createWriteStream, mkdtempSync, rmSync } from 'node:fs'
import { once } from 'node:events'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { diagnoseLogs } from '../src/app/diagnose.ts'

const size = 200 * 1024 * 1024
const folder = mkdtempSync(join(tmpdir(), 'dualstack-bench-'))
const path = join(folder, 'kube-apiserver.log')

/** Lines as containerd frames them; one in two thousand is of a known failure, one in fifty an error that is not. */
function line(number: number): string {
  const at = new Date(1_795_000_000_000 + number * 10).toISOString()
  const klog = (level: string, words: string) =>
    `${at} stderr F ${level}1123 07:47:50.797932       1 httplog.go:134] ${words}\n`
  if (number % 2000 === 999)
    return klog(
      'E',
      `"command failed" err="service IP family \\"fd00:96::/112\\" must match public address family \\"10.89.0.${number % 250}\\""`,
    )
  if (number % 50 === 7)
    return klog('E', `"Failed to update lease" err="conflict ${number}" lease="n${number}"`)
  return klog(
    'I',
    `"HTTP" verb="GET" URI="/api/v1/namespaces/ns-${number}/pods?limit=500" latency="1.2${number}ms" resp=200`,
  )
}

try {
  const file = createWriteStream(path)
  let written = 0
  for (let number = 0; written < size; ) {
    let piece = ''
    for (let some = 0; some < 5000; some += 1, number += 1) piece += line(number)
    written += piece.length
    if (!file.write(piece)) await once(file, 'drain')
  }
  file.end()
  await once(file, 'finish')
  const before = process.hrtime.bigint()
  const { found, lookedAt } = await diagnoseLogs([
    { name: 'kube-apiserver.log', chunks: createReadStream(path, { highWaterMark: 1 << 20 }) },
  ])
  const seconds = Number(process.hrtime.bigint() - before) / 1e9
  const memory = process.resourceUsage().maxRSS / 1024
  process.stdout.write(
    `${(written / 1024 / 1024).toFixed(0)} MB in ${seconds.toFixed(2)} s, ${memory.toFixed(0)} MB of memory at most; ${lookedAt.join()}; first: ${found[0]?.failure ?? 'nothing'}\n`,
  )
  if (found[0]?.failure !== 'advertise-address/family')
    throw new Error('the failure in the log was not found')
} finally {
  rmSync(folder, { recursive: true, force: true })
}
