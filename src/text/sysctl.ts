/**
 * The settings of a sysctl.conf(5) or sysctl.d(5) file, by key as the kernel's tools print it: `net.ipv4.ip_forward`. Of several
 * for one key the last counts. A leading `-` (ignore errors) is dropped; `-key` without a value, which only excludes, is skipped.
 */
export function readSysctlFile(text: string): Record<string, string> {
  const settings: Record<string, string> = {}
  for (const line of text.split(/\r?\n/)) {
    const match = /^\s*-?\s*([^#;=\s][^=]*?)\s*=\s*(.*?)\s*$/.exec(line)
    const [, key, value] = match ?? []
    if (key !== undefined && value !== undefined) settings[dotted(key)] = value
  }
  return settings
}

/** sysctl.d(5): the first separator says which one separates; a slash-form name may hold dots, which the dot form writes as slashes. */
function dotted(key: string): string {
  const first = /[./]/.exec(key)?.[0]
  return first === '/' ? key.replace(/[./]/g, found => (found === '/' ? '.' : '/')) : key
}
