import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const name = 'calico-1cp-1w'

/** The real cluster that comes with this package: beside `dist/` where it is installed, beside `src/` in a checkout. */
export function bundledSample(): string {
  let folder = dirname(fileURLToPath(import.meta.url))
  while (!existsSync(join(folder, 'samples', name)) && dirname(folder) !== folder) folder = dirname(folder)
  return join(folder, 'samples', name)
}
