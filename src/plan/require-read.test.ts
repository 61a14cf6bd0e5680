import { expect, it } from 'vitest'
import { testCluster } from '../layers/testing/cluster.ts'
import { requireRead } from './require-read.ts'

it('refuses what would be planned without seeing pods, and lets other lists be', () => {
  const cluster = testCluster({})
  requireRead({ ...cluster, unread: { 'kube-ovn.io/v1/subnets': 'forbidden' } })
  expect(() => requireRead({ ...cluster, unread: { 'v1/pods': 'forbidden' } })).toThrow(
    expect.objectContaining({ code: 'plan.unread', exitCode: 3, message: 'v1/pods was not read: forbidden' }),
  )
})
