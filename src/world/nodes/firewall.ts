/**
 * The rules of table filter that an administrator or his tools wrote, from what iptables-save printed (of this table, or of all). Chains of
 * kube-proxy, the kubelet and Calico are left out: there are as many as Services. Comments too: people write anything into them.
 */
export function parseFirewall(printed: string): readonly string[] {
  const lines = printed.split('\n')
  const start = lines.indexOf('*filter')
  if (start < 0) return []
  const end = lines.indexOf('COMMIT', start)
  return lines
    .slice(start + 1, end < 0 ? undefined : end)
    .filter(line => /^(?::|-A )/.test(line) && !/^(?::|-A )(?:KUBE-|cali)/.test(line))
    .map(line => line.replaceAll(/ -m comment --comment (?:"(?:[^"\\]|\\.)*"|\S+)/g, ''))
}

/** As iptables-save writes it, so that a bundle looks like what people know. */
export const writeFirewall = (lines: readonly string[]): string =>
  ['*filter', ...lines, 'COMMIT', ''].join('\n')

/** The lines that say something, without comments. Empty: no table that anybody but iptables, kube-proxy and we made. */
export const parseNftables = (printed: string): readonly string[] =>
  printed
    .split('\n')
    .filter(line => line.trim() !== '')
    .map(line => line.replaceAll(/ comment "(?:[^"\\]|\\.)*"/g, ''))
