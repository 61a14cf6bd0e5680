import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join, relative, resolve } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { readEnvFlags, setEnvFlag } from './env.ts'
import { getIpam, setIpamFields } from './json-template.ts'
import { deriveStandIn, readFlags, setFlags } from './manifest.ts'
import { changedLines, outcomeOf } from './testing/law.ts'
import { argvOf, documentsOf, environmentFile, filledJson, flagsIn, wordsOf } from './testing/reference.ts'
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
/** What came of each edit: how many files, how many edited, and refused by which code. */
const report: (readonly [edit: string, files: string, edited: string, refused: string])[] = []
afterAll(() => {
  if (report.length === 0) return
  const rows = [['edit', 'files', 'edited', 'refused'] as const, ...report]
  const width = Math.max(...rows.map(([edit]) => edit.length))
  const lines = rows.map(
    ([edit, files, edited, refused]) =>
      `${edit.padEnd(width)}  ${files.padStart(5)}  ${edited.padStart(6)}  ${refused}`,
  )
  process.stderr.write(`${lines.join('\n')}\n`)
})

/** The file as it is, and as an editor of another system would have left it: by turns with other line ends, or without the last one. */
const variantsOf = (text: string, turn: number): readonly string[] => [
  ...new Set([text, turn % 2 === 0 ? text.replace(/\r?\n/g, '\r\n') : text.replace(/(\r?\n)+$/, '')]),
]

/**
 * Runs an edit over all texts, each also with other line ends or without its last one: it is edited, with the edit's inverse leading back,
 * or refused with a code. The table counts the texts as they are.
 */
function survey(
  name: string,
  texts: readonly (readonly [file: string, text: string])[],
  edit: (text: string) => string,
  check: (before: string, after: string) => void,
): void {
  const codes = new Map<string, number>()
  let edited = 0
  for (const [turn, [file, original]] of texts.entries())
    for (const [index, text] of variantsOf(original, turn).entries()) {
      try {
        const { after, refused } = outcomeOf(text, edit)
        if (after !== undefined) check(text, after)
        if (index > 0) continue
        if (refused === undefined) edited++
        else codes.set(refused, (codes.get(refused) ?? 0) + 1)
      } catch (error) {
        throw new Error(`${file}: ${String(error)}`, { cause: error })
      }
    }
  expect(texts.length).toBeGreaterThan(0)
  const refused = [...codes].sort().map(([code, count]) => `${count} ${code}`)
  report.push([name, String(texts.length), String(edited), refused.join(', ') || '-'])
}

const textsOf = (files: readonly string[]) => files.map(file => [file, readFileSync(file, 'utf8')] as const)

const isDropIn = (file: string) => /kube(let|adm)\.conf$/.test(file)
const countLines = (before: string, after: string) => {
  const { removed, inserted } = changedLines(before, after)
  return [removed.length, inserted.length] as const
}
const pair = (value: string | undefined, second: string) =>
  value === undefined ? second : `${value},${second}`

/** The ipam of each plugin of type calico. */
function ipamsIn(json: unknown): Record<string, unknown>[] {
  const root = json as { plugins?: unknown[] }
  const plugins = (root.plugins ?? [root]) as { type?: string; ipam?: Record<string, unknown> }[]
  return plugins.flatMap(({ type, ipam }) => (type === 'calico' && ipam ? [ipam] : []))
}

/** The parsed document with one value set where it is of this kind, or says none. */
function withValue(
  doc: unknown,
  kind: string,
  [first = '', ...rest]: readonly string[],
  value: (found: string | undefined) => string,
): unknown {
  const map = (doc ?? {}) as Record<string, unknown>
  if (kind !== '' && ![kind, undefined].includes(map['kind'] as string | undefined)) return doc
  const found = map[first]
  const isNone = found === undefined || found === null
  return {
    ...map,
    [first]:
      rest.length > 0 ? withValue(found, '', rest, value) : value(isNone ? undefined : (found as string)),
  }
}

describe.skipIf(why !== '')(`files as they are out there${why}`, { timeout: 60_000 }, () => {
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
      textsOf(manifests(folder, container)),
      text => setFlags(text, container, { [flag]: pair(readFlags(text, container).get(flag), value) }),
      (before, after) => {
        const old = readFlags(before, container).get(flag)
        expect(countLines(before, after)).toEqual(old === undefined ? [0, 1] : [1, 1])
        expect(readFlags(after, container).get(flag)).toBe(pair(old, value))
        const flags = (text: string) => flagsIn(argvOf(text, container))
        expect(flags(after).findLast(([name]) => name === flag)?.[1]).toBe(pair(old, value))
        const others = (text: string) => flags(text).filter(([name]) => name !== flag)
        expect(others(after)).toEqual(others(before))
      },
    )
  })

  it('1-apiserver: a stand-in', () => {
    survey(
      '1-apiserver, stand-in',
      textsOf(manifests('1-apiserver', 'kube-apiserver')),
      text =>
        deriveStandIn(text, { container: 'kube-apiserver', name: 'next', labels: { a: 'b' }, port: 6444 }),
      (_, after) => expect(readFlags(after, 'kube-apiserver').get('secure-port')).toBe('6444'),
    )
  })

  const kubeadm = () => textsOf(filesIn(join(corpus, '3-kubeadm')))
  it('3-kubeadm: podSubnet', () => {
    const kind = 'ClusterConfiguration'
    const path = ['networking', 'podSubnet']
    survey(
      '3-kubeadm, set networking.podSubnet',
      kubeadm(),
      text => setScalar(text, path, pair(getScalar(text, path, { kind }), 'fd00::/56'), { kind }),
      (before, after) => {
        expect(documentsOf(after)).toEqual(
          documentsOf(before).map(doc => withValue(doc, kind, path, found => pair(found, 'fd00::/56'))),
        )
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
      textsOf(filesIn(join(corpus, '4-kubeproxy'))),
      text => setScalar(text, ['clusterCIDR'], 'a,b', { kind }),
      (before, after) => {
        expect(documentsOf(after)).toEqual(
          documentsOf(before).map(doc => withValue(doc, kind, ['clusterCIDR'], () => 'a,b')),
        )
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
    const both = { assign_ipv4: 'true', assign_ipv6: 'true' }
    survey(
      '5-calico, set ipam',
      templates.map((text, index) => [`template ${index}`, text] as const),
      text => setIpamFields(text, both),
      (before, after) => {
        expect(getIpam(after)).toEqual({ ...getIpam(before), ...both })
        const ipams = (text: string) => ipamsIn(filledJson(text))
        expect(ipams(after)).toEqual(ipams(before).map(ipam => ({ ...ipam, ...both })))
        expect(countLines(before, after)[0]).toBeLessThanOrEqual(2)
      },
    )
  })

  it.each(['KUBELET_KUBEADM_ARGS', 'KUBELET_EXTRA_ARGS'])('7-kubelet: --node-ip in %s', variable => {
    survey(
      `7-kubelet, set --node-ip in ${variable}`,
      textsOf(
        [
          ...filesIn(join(corpus, '7-kubelet')),
          ...filesIn(samples).filter(file => file.endsWith('.env')),
        ].filter(file => !file.endsWith('.conf')),
      ),
      text => setEnvFlag(text, variable, 'node-ip', '10.0.0.1,fd00::1'),
      (before, after) => {
        expect(readEnvFlags(after, variable)).toEqual({
          ...readEnvFlags(before, variable),
          'node-ip': '10.0.0.1,fd00::1',
        })
        const others = (text: string) => environmentFile(text).filter(([name]) => name !== variable)
        expect(others(after)).toEqual(others(before))
        const value = environmentFile(after).findLast(([name]) => name === variable)?.[1] ?? ''
        expect(flagsIn(wordsOf(value))).toContainEqual(['node-ip', '10.0.0.1,fd00::1'])
        expect(countLines(before, after)[1]).toBeLessThanOrEqual(2)
      },
    )
  })

  it('7-kubelet: a drop-in is no env file, and nothing is added to it', () => {
    survey(
      '7-kubelet, drop-ins',
      textsOf([...filesIn(join(corpus, '7-kubelet')), ...filesIn(samples)].filter(isDropIn)),
      text => setEnvFlag(text, 'KUBELET_EXTRA_ARGS', 'node-ip', '10.0.0.1,fd00::1'),
      () => expect.unreachable('it was edited'),
    )
  })
})
