import { existsSync } from 'node:fs'
import { join, relative, resolve } from 'node:path'

/** Captured clusters: the project's own, and more beside it on machines that have them (DUALSTACK_SAMPLES names another place). */
const folders = [
  process.env['DUALSTACK_SAMPLES'],
  resolve(import.meta.dirname, '../../samples'),
  resolve(import.meta.dirname, '../../../shared/samples'),
].filter(folder => folder !== undefined)

/** The folder of a captured cluster; undefined: not on this machine. */
export const sample = (name: string): string | undefined =>
  folders.map(folder => join(folder, name)).find(folder => existsSync(folder))

/** For the name of a test that is skipped. */
export const whySkipped = (name: string): string =>
  sample(name) === undefined
    ? ` (skipped: no ${name} in ${folders.map(folder => relative(process.cwd(), folder)).join(', ')})`
    : ''
