import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join, relative, resolve } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { RefusedError } from '../base/errors.ts'
import { applyEdits, invertEdits, lineEdits } from './edits.ts'
import { readEnvFlags, setEnvFlag } from './env.ts'
import { getIpam, setIpamFields } from './json-template.ts'
import { deriveStandIn, readFlags, setFlags } from './manifest.ts'
import { extraArgsForm, getExtraArg, getScalar, setExtraArg, setScalar } from './yaml-value.ts'

/** Files of running clusters, beside the project on machines that have them. They belong to their authors and are never copied. */
const corpus = resolve(import.meta.dirname, '../../../shared/corpus')
const samples = resolve(import.meta.dirname, '../../../shared/samples')
const why = existsSync(corpus) ? '' : ` (skipped: there is no ${relative(process.cwd(), corpus)})`

const filesIn = (folder: string): string[] =>
  existsSync(folder)
    ? readdirSync(folder, { withFileTypes: true, recursive: true })
        .filter(entry => entry.isFile())
        .map(entry => join(entry.parentPath, entry.name))
    : []

if (why) process.stderr.write(`src/text/corpus.test.ts${why}\n`)
const report: string[] = []
afterAll(() => {
  if (report.length > 0) process.stderr.write(`${report.join('\n')}\n`)
})

/** Runs an edit over all files; each is edited, with the edit's inverse leading back, or refused with a code. */
function survey(
  name: string,
  files: readonly string[],
  edit: (text: string) => string,
  check: (before: string, after: string) => void,
): void {
  const codes = new Map<string, number>()
  let edited = 0
  for (const file of files) {
    const text = readFileSync(file, 'utf8')
    let after: string
    try {
      after = edit(text)
    } catch (error) {
      if (!(error instanceof RefusedError)) throw new Error(`${file}: ${String(error)}`, { cause: error })
      codes.set(error.code, (codes.get(error.code) ?? 0) + 1)
      continue
    }
    edited++
    const edits = lineEdits(text, after)
    expect(applyEdits(after, invertEdits(edits)), file).toBe(text)
    check(text, after)
  }
  const refused = [...codes].sort().map(([code, count]) => `${count} ${code}`)
  report.push(`${name}: ${edited} of ${files.length} edited; refused: ${refused.join(', ') || 'none'}`)
}

const countLines = (before: string, after: string) => {
  const edits = lineEdits(before, after)
  return [edits.flatMap(({ remove }) => remove).length, edits.flatMap(({ insert }) => insert).length] as const
}
const pair = (value: string | undefined, second: string) =>
  value === undefined ? second : `${value},${second}`

describe.skipIf(why !== '')(`files as they are out there${why}`, () => {
  const manifests = (folder: string, name: string) => [
    ...filesIn(join(corpus, folder)),
    ...filesIn(samples).filter(file => file.endsWith(`/${name}.yaml`)),
  ]

  it.each([
    ['1-apiserver', 'kube-apiserver', 'service-cluster-ip-range', 'fd00::/108'],
    ['2-kcm', 'kube-controller-manager', 'cluster-cidr', 'fd00::/56'],
  ])('%s: exactly the line of the flag changes', (folder, container, flag, value) => {
    survey(
      `${folder}, set --${flag}`,
      manifests(folder, container),
      text => setFlags(text, container, { [flag]: pair(readFlags(text, container).get(flag), value) }),
      (before, after) => {
        const old = readFlags(before, container).get(flag)
        const atEnd = lineEdits(before, after).some(
          ({ remove, insert }) => remove.length !== insert.length && remove.length > 0,
        )
        expect(countLines(before, after)).toEqual(old === undefined && !atEnd ? [0, 1] : [1, atEnd ? 2 : 1])
        expect(readFlags(after, container).get(flag)).toBe(pair(old, value))
        const others = (text: string) =>
          readFlags(text, container)
            .all.filter(({ name }) => name !== flag)
            .map(({ name, value }) => [name, value])
        expect(others(after)).toEqual(others(before))
      },
    )
  })

  it('1-apiserver: a stand-in', () => {
    survey(
      '1-apiserver, stand-in',
      manifests('1-apiserver', 'kube-apiserver'),
      text =>
        deriveStandIn(text, { container: 'kube-apiserver', name: 'next', labels: { a: 'b' }, port: 6444 }),
      (_, after) => expect(readFlags(after, 'kube-apiserver').get('secure-port')).toBe('6444'),
    )
  })

  const kubeadm = () => filesIn(join(corpus, '3-kubeadm'))
  it('3-kubeadm: podSubnet', () => {
    const kind = 'ClusterConfiguration'
    const path = ['networking', 'podSubnet']
    survey(
      '3-kubeadm, set networking.podSubnet',
      kubeadm(),
      text => setScalar(text, path, pair(getScalar(text, path, { kind }), 'fd00::/56'), { kind }),
      (before, after) => {
        expect(getScalar(after, path, { kind })).toBe(pair(getScalar(before, path, { kind }), 'fd00::/56'))
        expect(countLines(before, after)[0]).toBeLessThanOrEqual(1)
        expect(countLines(before, after)[1]).toBeLessThanOrEqual(2)
      },
    )
  })

  it('3-kubeadm: extraArgs', () => {
    survey(
      '3-kubeadm, set controllerManager.extraArgs',
      kubeadm(),
      text => setExtraArg(text, 'controllerManager', 'x', '64', extraArgsForm(text)),
      (before, after) => {
        expect(getExtraArg(after, 'controllerManager', 'x')).toBe('64')
        expect(countLines(before, after)[0]).toBeLessThanOrEqual(1)
        const back = setExtraArg(after, 'controllerManager', 'x', null, extraArgsForm(after))
        expect(getExtraArg(back, 'controllerManager', 'x')).toBeUndefined()
      },
    )
  })

  it('4-kubeproxy: clusterCIDR', () => {
    const kind = 'KubeProxyConfiguration'
    survey(
      '4-kubeproxy, set clusterCIDR',
      filesIn(join(corpus, '4-kubeproxy')),
      text => setScalar(text, ['clusterCIDR'], 'a,b', { kind }),
      (before, after) => {
        expect(getScalar(after, ['clusterCIDR'], { kind })).toBe('a,b')
        expect(countLines(before, after)[1]).toBeLessThanOrEqual(2)
      },
    )
  })

  it('5-calico: ipam of the CNI configuration', () => {
    const templates = filesIn(join(corpus, '5-calico'))
      .flatMap(file => [
        ...readFileSync(file, 'utf8').matchAll(/^( +)cni_network_config: \|-?\n((?:\1 +.*\n|\s*\n)+)/gm),
      ])
      .map(match => match[2] ?? '')
    let edited = 0
    const codes: string[] = []
    for (const template of templates) {
      try {
        const after = setIpamFields(template, { assign_ipv4: 'true', assign_ipv6: 'true' })
        expect(getIpam(after)).toEqual({ ...getIpam(template), assign_ipv4: 'true', assign_ipv6: 'true' })
        expect(countLines(template, after)[0]).toBeLessThanOrEqual(2)
        edited++
      } catch (error) {
        if (!(error instanceof RefusedError)) throw error
        codes.push(error.code)
      }
    }
    report.push(
      `5-calico, set ipam: ${edited} of ${templates.length} edited; refused: ${codes.join(', ') || 'none'}`,
    )
  })

  it.each(['KUBELET_KUBEADM_ARGS', 'KUBELET_EXTRA_ARGS'])('7-kubelet: --node-ip in %s', variable => {
    survey(
      `7-kubelet, set --node-ip in ${variable}`,
      [
        ...filesIn(join(corpus, '7-kubelet')),
        ...filesIn(samples).filter(file => file.endsWith('.env')),
      ].filter(file => !file.endsWith('.conf')),
      text => setEnvFlag(text, variable, 'node-ip', '10.0.0.1,fd00::1'),
      (before, after) => {
        expect(readEnvFlags(after, variable)).toEqual({
          ...readEnvFlags(before, variable),
          'node-ip': '10.0.0.1,fd00::1',
        })
        expect(countLines(before, after)[1]).toBeLessThanOrEqual(2)
      },
    )
  })
})
