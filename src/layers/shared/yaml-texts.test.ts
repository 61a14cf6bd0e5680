import * as fc from 'fast-check'
import { expect, test, vi } from 'vitest'
import { flatYaml } from '../../text/flat.ts'
import { spoiled } from '../../text/testing/spoiled.ts'
import { textsIn } from './yaml-texts.ts'

const config =
  'apiVersion: kubelet.config.k8s.io/v1beta1\nclusterDNS:\n- 10.96.0.10\n- "fd00:96::a"\nkind: KubeletConfiguration\n'

test('a list of texts is read, and nothing of what is none', () => {
  expect(textsIn(config, 'clusterDNS')).toEqual(['10.96.0.10', 'fd00:96::a'])
  expect(textsIn('clusterDNS: 10.96.0.10\n', 'clusterDNS')).toEqual([])
  expect(textsIn('clusterDNS: [10.96.0.10, 7, null]\n', 'clusterDNS')).toEqual(['10.96.0.10'])
})

test.each(['clusterDNS:\n\t- 10.96.0.10\n', 'a: 1\n---\nb: 2\n', 'a: &x [*x]\nb: *y\n', '%', ''])(
  '%j has none, and is no error',
  text => {
    expect(textsIn(text, 'clusterDNS')).toEqual([])
  },
)

test.each(['%', '? {a: 1}\n: b\n'])('of %j no warning of the parser is printed', text => {
  const warn = vi.spyOn(process, 'emitWarning').mockReturnValue()
  textsIn(text, 'clusterDNS')
  flatYaml(text)
  expect(warn).not.toHaveBeenCalled()
  warn.mockRestore()
})

test('no text is an error, however it was cut off or mixed up', () => {
  fc.assert(
    fc.property(spoiled(config), text => {
      for (const one of textsIn(text, 'clusterDNS')) expect(typeof one).toBe('string')
    }),
    { numRuns: 500 },
  )
})
