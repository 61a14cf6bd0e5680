import type { Failure } from '../../model/failure.ts'
import { failures, quoted, says } from './define.ts'

/** What etcd says when a control plane stands still. */
export const etcdFailures: readonly Failure[] = failures('etcd', 'etcd', {
  'no-leader': {
    title: 'etcd has no leader: more than half of its members are needed',
    cause:
      'Too many control planes are away at the same time, or do not reach each other. Nothing can be written.',
    fix: 'Bring control planes back until more than half of the members answer. Change one control plane at a time.',
    source: 'etcd:server/etcdserver',
    covers: ['P44'],
    signs: [says('any', 'etcdserver: no leader'), says('etcd', 'lost leader', 'likely', { near: ['raft'] })],
    sample: quoted(
      'E1123 03:01:00.000000       1 controller.go:195] "Failed to update lease" err="etcdserver: no leader"',
    ),
  },
  'no-space': {
    title: 'etcd takes no more writes: its database is full',
    cause: 'The quota of the backend is reached and an alarm stands.',
    fix: 'Compact and defragment, then `etcdctl alarm disarm`.',
    source: 'etcd:server/etcdserver',
    signs: [says('any', 'etcdserver: mvcc: database space exceeded')],
    sample: quoted('etcdserver: mvcc: database space exceeded'),
  },
})
