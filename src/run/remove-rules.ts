import pLimit from 'p-limit'
import type { Family } from '../address/family.ts'
import { StoppedError } from '../base/errors.ts'
import type { Cluster } from '../model/cluster.ts'
import { ownedBy } from '../model/owners.ts'
import type { Refresh } from '../model/plan.ts'
import type { World } from '../world/ports.ts'

export interface RemoveRules {
  readonly world: World
  /** Pods of one namespace, fresh. */
  readonly look: (namespace: string) => Promise<Cluster>
  readonly progress: (message: string) => void
  readonly signal?: AbortSignal
}

const nodesAtOnce = 8

/** Felix's names in the kernel, by family (felix/ipsets, felix/dataplane/linux). */
const felix: Readonly<Record<Family, readonly [tool: string, sets: string, device: string]>> = {
  IPv4: ['iptables', 'cali4', 'vxlan.calico'],
  IPv6: ['ip6tables', 'cali6', 'vxlan-v6.calico'],
}

/**
 * One restore a table, so that each goes as a whole: first the jumps into Felix's chains, then their rules, then the chains. Everybody
 * else's rules stay, as --noflush says nothing of them. Shell built-ins only: the image need not have grep or sed.
 */
const script = `set -u
tool=$1 sets=$2 device=$3
for backend in nft legacy; do
  save=$tool-$backend-save restore=$tool-$backend-restore
  command -v "$save" >/dev/null 2>&1 || continue
  jumps= flushes= removals= table=
  "$save" 2>/dev/null | while IFS= read -r line; do
    case $line in
      '*'*) table=$line jumps= flushes= removals= ;;
      ':cali-'*) chain=\${line#:} chain=\${chain%% *}
        flushes="$flushes-F $chain
" removals="$removals-X $chain
" ;;
      '-A cali-'*) ;;
      '-A '*'"cali:'*) jumps="$jumps-D \${line#-A }
" ;;
      COMMIT) [ -z "$jumps$flushes" ] || printf '%s\\n%s%s%s%s\\n' "$table" "$jumps" "$flushes" "$removals" COMMIT ;;
    esac
  done | "$restore" --noflush --wait 10 || exit 1
  "$save" 2>/dev/null | while IFS= read -r line; do
    case $line in ':cali-'* | *'"cali:'*) echo "left: $line" >&2; exit 1 ;; esac
  done || exit 1
done
for name in $(ipset list -n 2>/dev/null); do
  case $name in "$sets"*) ipset destroy "$name" || exit 1 ;; esac
done
[ ! -e "/sys/class/net/$device" ] || ip link delete "$device"
`

/** Idempotent: where nothing is left, nothing is done. */
export async function removeRules(
  { world, look, progress, signal }: RemoveRules,
  refresh: Extract<Refresh, { kind: 'remove-rules' }>,
): Promise<void> {
  const { owner, container, family } = refresh
  const cluster = await look(owner.namespace)
  const isOwned = ownedBy(cluster, owner)
  const pods = cluster.pods.filter(pod => isOwned(pod) && !pod.deleting && pod.phase === 'Running')
  const limit = pLimit(nodesAtOnce)
  const command = ['sh', '-s', '-', ...felix[family]]
  const outcomes = await Promise.all(
    pods.map(pod =>
      limit(async () => {
        signal?.throwIfAborted()
        const { code, stderr } = await world.api.exec(
          { namespace: pod.namespace, name: pod.name, container },
          command,
          { input: script, timeoutMs: 60_000, ...(signal === undefined ? {} : { signal }) },
        )
        return code === 0 ? [] : [`${pod.node}: ${stderr.trim()}`]
      }),
    ),
  )
  const failed = outcomes.flat()
  if (failed.length > 0) {
    throw new StoppedError(
      `${family} rules of Felix could not be taken away on ${failed.length} of ${pods.length} nodes: ${failed[0] ?? ''}`,
      'calico.rules-left',
      'They do no harm, and a reboot of the node takes them away too. Run the same command again to go on.',
    )
  }
  progress(`${family} rules of Felix are gone from ${pods.length} nodes`)
}
