import { messageOf } from '../../../base/errors.ts'
import { hashText } from '../../../text/edits.ts'
import { contractCase } from '../case.ts'
import type { Trial } from '../trial.ts'

const run = 'contract'
const path = (trial: Trial) => `/etc/sysctl.d/98-${trial.namespace}.conf`
const nodeOf = ({ place }: Trial) => place.workers[0] ?? place.controlPlanes[0] ?? ''
const text = '# first\n'
const write = (trial: Trial, before: string | null, after: string | null, mode?: number) =>
  trial.nodes.write(nodeOf(trial), {
    path: path(trial),
    before: before === null ? null : hashText(before),
    text: after,
    run,
    ...(mode === undefined ? {} : { mode }),
  })
const read = (trial: Trial) => trial.nodes.read(nodeOf(trial), path(trial))
/** Whatever stands there is taken away again. */
const cleanly = (body: (trial: Trial) => Promise<void>) => async (trial: Trial) => {
  try {
    await body(trial)
  } finally {
    const left = await read(trial)
    if (left !== null) await write(trial, left.text, null)
  }
}

/** Files, switches and sysctls of a node. */
export const nodeFiles = [
  contractCase(
    'node-files/life',
    'a file is made with its mode, changed with mode and owner kept, and taken away',
    {},
    cleanly(async trial => {
      trial.same(await read(trial), null, 'before')
      trial.same(await write(trial, null, text, 0o600), 'written', 'made')
      trial.same(await read(trial), { text, mode: 0o600, owner: '0:0' }, 'as read')
      trial.same(await write(trial, text, 'second, without an end'), 'written', 'changed')
      trial.same(
        await read(trial),
        { text: 'second, without an end', mode: 0o600, owner: '0:0' },
        'after a change',
      )
      trial.same(await write(trial, 'second, without an end', null), 'written', 'taken away')
      trial.same(await read(trial), null, 'after')
    }),
  ),
  contractCase(
    'node-files/already',
    'what stands there already is not written again',
    {},
    cleanly(async trial => {
      await write(trial, null, text)
      trial.same(await write(trial, null, text), 'already', 'written twice')
      trial.same(await write(trial, 'anything', text), 'already', 'from another text')
      await write(trial, text, null)
      trial.same(await write(trial, text, null), 'already', 'taken away twice')
    }),
  ),
  contractCase(
    'node-files/conflict',
    'a file that somebody else changed is left, and the write refused',
    {},
    cleanly(async trial => {
      await write(trial, null, text)
      const code = await codeOf(write(trial, 'another text', 'third\n'))
      trial.same(code, 'nodes.conflict', 'code')
      trial.same(
        await codeOf(write(trial, null, 'third\n')),
        'nodes.conflict',
        'code where nothing was to be there',
      )
      trial.same((await read(trial))?.text, text, 'text')
    }),
  ),
  contractCase(
    'node-files/facts',
    'files are read by name and by pattern, and what is not there is said to be not there',
    {},
    cleanly(async trial => {
      await write(trial, null, text)
      const { files } = await trial.nodes.facts(nodeOf(trial), {
        files: [path(trial), '/etc/contract-absent'],
        patterns: ['/etc/sysctl.d/98-contract-*.conf'],
      })
      trial.same(files[path(trial)]?.text, text, 'by name')
      trial.same(files['/etc/contract-absent'], null, 'absent')
      trial.same(Object.keys(files).toSorted(), ['/etc/contract-absent', path(trial)], 'what was read')
    }),
  ),
  contractCase(
    'node-files/guard-reverts',
    'a switch that nobody confirms puts the files back by itself',
    {},
    cleanly(async trial => {
      await write(trial, null, text)
      const guard = { run, step: trial.namespace, paths: [path(trial)], within: 4 }
      await trial.nodes.guard(nodeOf(trial), guard)
      await write(trial, text, 'second\n')
      await trial.eventually('the first text is back', async () => (await read(trial))?.text === text, 30)
      const code = await codeOf(trial.nodes.confirm(nodeOf(trial), run, trial.namespace))
      trial.same(code, 'nodes.reverted', 'a confirmation that comes too late')
    }),
  ),
  contractCase(
    'node-files/guard-confirmed',
    'a switch that was confirmed leaves the files as they are',
    {},
    cleanly(async trial => {
      await write(trial, null, text)
      await trial.nodes.guard(nodeOf(trial), { run, step: trial.namespace, paths: [path(trial)], within: 4 })
      await write(trial, text, 'second\n')
      await trial.nodes.confirm(nodeOf(trial), run, trial.namespace)
      await trial.stays('the second text', async () => (await read(trial))?.text === 'second\n', 8)
    }),
  ),
  contractCase(
    'node-files/guard-fired',
    'a switch fired on purpose puts back what was written, and takes away what was made',
    {},
    cleanly(async trial => {
      const { nodes, namespace } = trial
      await nodes.guard(nodeOf(trial), { run, step: namespace, paths: [path(trial)], within: 120 })
      await write(trial, null, 'made\n')
      await nodes.revert(nodeOf(trial), run, namespace)
      trial.same(await read(trial), null, 'the file')
      await nodes.revert(nodeOf(trial), run, namespace)
    }),
  ),
  contractCase(
    'node-files/guard-spares',
    'a switch leaves what somebody else wrote meanwhile',
    {},
    cleanly(async trial => {
      const { nodes, namespace } = trial
      await write(trial, null, text)
      await nodes.guard(nodeOf(trial), {
        run: 'contract-other',
        step: namespace,
        paths: [path(trial)],
        within: 120,
      })
      await write(trial, text, 'by another run\n')
      await nodes.revert(nodeOf(trial), 'contract-other', namespace)
      trial.same((await read(trial))?.text, 'by another run\n', 'text')
    }),
  ),
  contractCase(
    'node-files/guard-none',
    'a switch that was never armed cannot be confirmed',
    {},
    async trial => {
      trial.same(await codeOf(trial.nodes.confirm(nodeOf(trial), run, 'never')), 'nodes.not-armed', 'code')
    },
  ),
  contractCase('node-files/settle', 'a node at rest is at rest', {}, async trial => {
    await trial.nodes.settle(nodeOf(trial))
  }),
  contractCase('node-files/sysctl', 'a sysctl is set at once, and read as it was set', {}, async trial => {
    const node = nodeOf(trial)
    const key = 'net.ipv6.conf.default.forwarding'
    const look = async () => (await trial.nodes.facts(node, { network: true })).sysctls[key]
    const before = (await look()) ?? '0'
    const other = before === '0' ? '1' : '0'
    await trial.nodes.setSysctl(node, key, other)
    trial.same(await look(), other, key)
    await trial.nodes.setSysctl(node, key, before)
    trial.same(await look(), before, key)
  }),
  contractCase('node-files/unknown-unit', 'a unit that is not there is not restarted', {}, async trial => {
    trial.same(await codeOf(trial.nodes.restartUnit(nodeOf(trial), 'contract-absent')), 'nodes.unit', 'code')
  }),
]

/** The code of an error; '' when there was none. */
async function codeOf(action: Promise<unknown>): Promise<string> {
  try {
    await action
    return ''
  } catch (error) {
    return error instanceof Error && 'code' in error ? String(error.code) : messageOf(error)
  }
}
