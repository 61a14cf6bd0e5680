import { readFile } from 'node:fs/promises'
import { LabError } from '../shell.ts'

/** Calico's own manifest. BIRD without IPIP: all nodes are on one link, and not every kernel has ipip. */
export async function calicoManifest(file: string): Promise<string> {
  const text = await readFile(file, 'utf8')
  const without = text.replace(/(name: CALICO_IPV4POOL_IPIP\n\s*value: )"\w+"/, '$1"Never"')
  if (!/CALICO_IPV4POOL_IPIP\n\s*value: "Never"/.test(without)) {
    throw new LabError(`${file}: no CALICO_IPV4POOL_IPIP in it`, { hint: 'is it Calico 3’s calico.yaml?' })
  }
  return without
}
