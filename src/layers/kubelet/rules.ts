import { fileOf } from '../../model/changes.ts'
import type { NodeFile } from '../../model/cluster.ts'
import type { AnyRule, Rule, Situation, Violation } from '../../model/rule.ts'
import { situation } from '../../rules/example.ts'
import { envFiles } from './files.ts'
import { flag, readKubelets, reads } from './read.ts'

const [kubeadmFile] = envFiles
const variable = 'KUBELET_KUBEADM_ARGS'
const files = (texts: Readonly<Record<string, string>>): Situation =>
  situation({
    node: {
      files: Object.fromEntries(
        Object.entries(texts).map(([path, text]): [string, NodeFile] => [path, { text }]),
      ),
    },
  })

/** What every node's kubeadm-flags.env is found to lack. */
const ofEachFile = (
  { cluster }: Situation,
  fault: (text: string) => string | undefined,
): readonly Violation[] =>
  Object.keys(cluster.nodes).flatMap(node => {
    const text = fileOf(cluster, node, kubeadmFile)?.text
    const message = text === undefined ? undefined : fault(text)
    return message === undefined ? [] : [{ object: `Node ${node}`, field: kubeadmFile, message }]
  })

const format: Rule<'cluster'> = {
  id: 'kubelet-files/kubeadm-flags-format',
  on: 'cluster',
  severity: 'warning',
  title: `${kubeadmFile} is one assignment and nothing else`,
  versions: '>=1.32',
  why: `systemd takes comments and several variables; kubeadm does not. From 1.32 on its upgrade wants the file to begin with ${variable}=, and reads everything behind it as flags.`,
  source: 'k/k:cmd/kubeadm/app/phases/kubelet/flags.go ReadKubeletDynamicEnvFile',
  covers: ['kubernetes 5.3'],
  remedy: `Leave the line ${variable}="…" alone in it; other variables belong into /etc/default/kubelet (or /etc/sysconfig/kubelet).`,
  says: [{ component: 'kubeadm', line: 'the file "*" does not contain the  expected prefix "*"' }],
  reads,
  judge: input =>
    ofEachFile(input, text => {
      const content = text.trim()
      if (!content.startsWith(`${variable}=`)) return `does not begin with ${variable}=`
      const line = content.split('\n').findIndex((row, at) => at > 0 && row.trim() !== '')
      return line < 0 ? undefined : `line ${line + 1} would be read as flags`
    }),
  examples: {
    bad: [
      () => files({ [kubeadmFile]: `# by hand\n${variable}="--node-ip=10.0.0.11"\n` }),
      () => files({ [kubeadmFile]: `${variable}="--node-ip=10.0.0.11"\nKUBELET_EXTRA_ARGS="--v=2"\n` }),
    ],
    good: [() => files({ [kubeadmFile]: `\n${variable}="--node-ip=10.0.0.11,fd00:10::11"\n` })],
  },
}

const empty: Rule<'cluster'> = {
  id: 'kubelet-files/kubeadm-flags-empty',
  on: 'cluster',
  severity: 'warning',
  title: `${kubeadmFile} has a flag`,
  versions: '=1.35',
  why: 'kubeadm of 1.35 fails at an upgrade of a node whose file has no flags; mended in 1.36.',
  source: 'kubernetes/kubernetes#136127',
  covers: ['kubernetes 5.3', 'kubernetes 11'],
  remedy: 'Nothing for the conversion, which writes --node-ip there. Go on to 1.36 where an upgrade stops.',
  reads,
  judge: input =>
    ofEachFile(input, text =>
      new RegExp(`^\\s*${variable}="?\\s*"?\\s*$`).test(text) ? `${variable} is empty` : undefined,
    ),
  examples: {
    bad: [() => files({ [kubeadmFile]: `${variable}=""\n` })],
    good: [() => files({ [kubeadmFile]: `${variable}="--node-ip=10.0.0.11"\n` })],
  },
}

const twice: Rule<'cluster'> = {
  id: 'kubelet-files/node-ip-twice',
  on: 'cluster',
  severity: 'info',
  title: `--${flag} stands in one place`,
  why: 'Of a repeated flag the last counts: KUBELET_EXTRA_ARGS stands behind KUBELET_KUBEADM_ARGS in kubeadm’s unit. An edit of the other one changes nothing.',
  source: 'k/k:cmd/kubeadm/app/phases/kubelet/flags.go; kubeadm’s 10-kubeadm.conf',
  covers: ['kubernetes 5.3', 'P17'],
  remedy: 'Nothing: the plan edits the one that counts. Take the other out when there is time.',
  reads,
  judge: ({ cluster }) =>
    (readKubelets(cluster)?.nodes ?? []).flatMap(({ node, place }) => {
      const others = envFiles.filter(
        path =>
          path !== place?.path &&
          new RegExp(`^(?!\\s*#).*--${flag}[= ]`, 'm').test(fileOf(cluster, node, path)?.text ?? ''),
      )
      if (place === undefined || others.length === 0) return []
      const message = `stands in ${others.join(', ')} too; ${place.path} counts (${place.value})`
      return [{ object: `Node ${node}`, field: `--${flag}`, message }]
    }),
  examples: {
    bad: [
      () =>
        files({
          [kubeadmFile]: `${variable}="--node-ip=10.0.0.11"\n`,
          '/etc/default/kubelet': 'KUBELET_EXTRA_ARGS="--node-ip=10.0.0.12"\n',
        }),
    ],
    good: [
      () =>
        files({
          [kubeadmFile]: `${variable}="--node-ip=10.0.0.11"\n`,
          '/etc/default/kubelet': 'KUBELET_EXTRA_ARGS=\n',
        }),
      () => files({ '/etc/default/kubelet': 'KUBELET_EXTRA_ARGS="--node-ip=10.0.0.12"\n' }),
    ],
  },
}

export const kubeletRules: readonly AnyRule[] = [format, empty, twice]
