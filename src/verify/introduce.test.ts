import { expect, test } from 'vitest'
import { readIntroduction } from './introduce.ts'

const resolv = 'search verify-x.svc.cluster.example. svc.cluster.example.\nnameserver 10.96.0.10\n'

test.each([
  // What agnhost prints where SCTP is known, and nobody listens.
  ['the kernel knows SCTP', 'agnhost\nREFUSED\n', undefined],
  [
    'the kernel does not',
    'agnhost\nOTHER: protocol not supported\n',
    'the kernel of n1 does not know it: modprobe sctp',
  ],
  ['another image', '', 'the image of the test pods is not agnhost, which alone speaks it'],
])('%s', (_, printed, noSctp) => {
  const introduced = readIntroduction('verify-x', 'n1', resolv + printed)
  expect(introduced.noSctp).toBe(noSctp)
  expect(introduced.isAgnhost).toBe(printed !== '')
  expect(introduced.domain).toBe('cluster.example')
})
