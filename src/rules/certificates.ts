import type { Cluster } from '../model/cluster.ts'
import type { Rule, Situation, Violation } from '../model/rule.ts'
import { situation } from './example.ts'

/** Dates alone: a node's agent asks openssl, and neither certificate nor key travels. */
const reads = [{ kind: 'upkeep', on: 'all' }] as const
const day = 24 * 60 * 60 * 1000
const soonDays = 30

/** The kubelet renews its own while it runs; what it could not renew has ended. */
const isRotated = (path: string): boolean => path.startsWith('/var/lib/kubelet/pki/')
/** Of people, and of a probe that no longer exists: no component comes or goes with them. */
const isOfPeople = (path: string): boolean =>
  /\/(?:(?:super-)?admin\.conf|etcd\/healthcheck-client\.crt)$/.test(path)

function found(
  cluster: Cluster,
  wanted: (path: string, end: number) => boolean,
  word: (end: string) => string,
): readonly Violation[] {
  return Object.entries(cluster.nodes).flatMap(([node, { upkeep }]) =>
    Object.entries(upkeep?.certificates ?? {})
      .filter(([path, end]) => wanted(path, Date.parse(end)))
      .map(([path, end]) => ({ object: `Node ${node}`, field: path, message: word(end.slice(0, 10)) })),
  )
}

const renew =
  '`kubeadm certs renew all` on each control plane, one after the other, then restart its static pods; `kubeadm certs check-expiration` tells all. A CA is a longer piece of work: kubernetes.io, “Manual rotation of CA certificates”.'

const expired: Rule<'cluster'> = {
  id: 'certificates/expired',
  on: 'cluster',
  severity: 'error',
  title: 'no certificate of the control plane or of a kubelet has expired',
  why: 'The conversion restarts API servers, controller managers and kubelets. What still runs on a connection from before does not come up again with a certificate that has ended, and on a dead API server nothing is mended.',
  source: 'kubernetes.io/docs/tasks/administer-cluster/kubeadm/kubeadm-certs',
  covers: ['practice certificates'],
  remedy: `${renew} A kubelet whose own has ended joins anew (kubeadm kubeconfig user, or kubeadm join).`,
  reads,
  judge: ({ cluster, now }) =>
    found(
      cluster,
      (path, end) => !isOfPeople(path) && end <= Date.parse(now),
      end => `ended on ${end}`,
    ),
  examples: {
    bad: [
      () => withDates({ '/etc/kubernetes/pki/apiserver.crt': '2026-05-31T23:00:00Z' }),
      () => withDates({ '/var/lib/kubelet/pki/kubelet-client-current.pem': '2026-01-01T00:00:00Z' }),
    ],
    good: [
      () => withDates({ '/etc/kubernetes/pki/apiserver.crt': '2026-06-02T00:00:00Z' }),
      () => withDates({ '/etc/kubernetes/admin.conf': '2026-01-01T00:00:00Z' }),
      () => situation(),
    ],
  },
}

const soon: Rule<'cluster'> = {
  id: 'certificates/ends-soon',
  on: 'cluster',
  severity: 'warning',
  title: `no certificate ends within ${soonDays} days`,
  why: 'A conversion may be paused for days between two nodes, and its way back needs the same certificates. One that ends meanwhile looks like a fault of the conversion.',
  source: 'kubernetes.io/docs/tasks/administer-cluster/kubeadm/kubeadm-certs',
  covers: ['practice certificates'],
  remedy: renew,
  reads,
  judge: ({ cluster, now }) => {
    const today = Date.parse(now)
    return found(
      cluster,
      (path, end) =>
        isOfPeople(path)
          ? end <= today + soonDays * day
          : !isRotated(path) && end > today && end <= today + soonDays * day,
      end => (Date.parse(end) < today ? `ended on ${end}` : `ends on ${end}`),
    )
  },
  examples: {
    bad: [
      () => withDates({ '/etc/kubernetes/pki/etcd/server.crt': '2026-06-20T00:00:00Z' }),
      () => withDates({ '/etc/kubernetes/admin.conf': '2026-01-01T00:00:00Z' }),
    ],
    good: [
      () => withDates({ '/etc/kubernetes/pki/etcd/server.crt': '2026-08-01T00:00:00Z' }),
      // Signed for an hour at a time, and renewed by itself.
      () => withDates({ '/var/lib/kubelet/pki/kubelet-client-current.pem': '2026-06-01T01:00:00Z' }),
    ],
  },
}

const withDates = (certificates: Readonly<Record<string, string>>): Situation =>
  situation({ node: { upkeep: { certificates } } })

export const certificateRules = [expired, soon] as const
