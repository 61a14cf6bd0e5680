import { exec } from './exec.ts'
import { kubectl } from './kubectl.ts'
import { LabError } from './shell.ts'
import type { LabState } from './state.ts'

/**
 * What a node asked a Service for before its kube-proxy had rules (CNI installers do) stands in the node's conntrack table as a connection
 * to the ClusterIP itself, for two minutes. A new connection that happens to take the same port in that time is taken for that one: it is
 * not translated, and the router says "network is unreachable". In a cluster that has run for a while there are none, so a new one forgets
 * them too. Returns how many there were.
 */
export async function forgetUntranslated(lab: LabState): Promise<number> {
  const services = await kubectl(lab, ['get', 'services', '-A', '-o', 'jsonpath={.items[*].spec.clusterIP}'])
  const addresses = services.split(/\s+/).filter(text => /^[0-9a-f.:]+$/.test(text))
  const counts = await Promise.all(
    lab.nodes.map(async node => {
      // conntrack ends with 1 both for "none" and for a failure; the count it prints on stderr tells them apart.
      const { stderr } = await exec(lab, node.name, ['sh', '-c', script, 'sh', ...addresses])
      const counted = [...stderr.matchAll(/: (\d+) flow entries have been deleted/g)]
      if (counted.length !== addresses.length)
        throw new LabError(`conntrack on ${node.name}: ${stderr.trim()}`, { hint: 'npm run lab -- doctor' })
      return counted.reduce((sum, [, count]) => sum + Number(count), 0)
    }),
  )
  return counts.reduce((sum, count) => sum + count, 0)
}

const script =
  'for a; do case $a in *:*) f=ipv6 ;; *) f=ipv4 ;; esac; conntrack -D -f $f --reply-src "$a" >/dev/null; done; true'
