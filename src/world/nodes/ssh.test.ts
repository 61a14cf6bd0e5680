import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Transport } from '../ports.ts'
import { type SshOptions, sshTransport } from './ssh.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'dualstack-ssh-'))
})
const opened: Transport[] = []
afterEach(async () => {
  // Each holds a folder for its sockets.
  await Promise.all(opened.splice(0).map(ssh => ssh.close()))
  rmSync(folder, { recursive: true, force: true })
})

/** An ssh that notes its arguments, one a line, and does what `body` says. */
function fakeSsh(body: string, options: SshOptions = {}) {
  const program = join(folder, 'ssh')
  writeFileSync(program, `#!/bin/sh\nprintf '%s\\n' "$@" >>${folder}/arguments\n${body}\n`)
  chmodSync(program, 0o755)
  const ssh = sshTransport({ program, ...options })
  opened.push(ssh)
  return ssh
}
const noted = () => readFileSync(join(folder, 'arguments'), 'utf8').trim().split('\n')

test('the script goes to stdin, never into the command; the destination cannot be an option', async () => {
  const ssh = fakeSsh('cat', { user: 'admin', port: 2222, identity: '/key', config: '/config' })
  const result = await ssh.run('-oProxyCommand=reboot', 'echo $HOME')
  expect(result).toEqual({ code: 0, stdout: 'echo $HOME', stderr: '' })
  const args = noted()
  expect(args.slice(0, 8)).toEqual(['-F', '/config', '-l', 'admin', '-p', '2222', '-i', '/key'])
  expect(args).toContain('BatchMode=yes')
  expect(args.slice(-3, -1)).toEqual(['--', '-oProxyCommand=reboot'])
  expect(args.at(-1)).toMatch(/sudo -n sh -s/)
  await ssh.close()
})

test('a node is called by its address, by its name where that is not known, or as the template says', async () => {
  const addressOf = async (node: string) => (node === 'n1' ? '10.0.0.1' : undefined)
  for (const [options, node, to] of [
    [{ addressOf }, 'n1', '10.0.0.1'],
    [{ addressOf }, 'n2', 'n2'],
    [{ destination: '{name}.example' }, 'n1', 'n1.example'],
  ] as const) {
    const ssh = fakeSsh('cat', options)
    await ssh.run(node, '')
    expect(noted().at(-2)).toBe(to)
    await ssh.close()
  }
})

test('a node that cannot be reached: which, what ssh said, and how to try by hand', async () => {
  const ssh = fakeSsh('echo "Permission denied (publickey)." >&2; exit 255', { user: 'admin' })
  await expect(ssh.run('n1', '')).rejects.toMatchObject({
    code: 'nodes.ssh',
    exitCode: 4,
    message: 'node n1: ssh n1: Permission denied (publickey).',
    hint: `Try by hand: ${folder}/ssh -l admin -o BatchMode=yes n1 true`,
  })
})

test('no sudo without a password: says so', async () => {
  const ssh = fakeSsh('echo "sudo: a password is required" >&2; exit 254')
  await expect(ssh.run('n1', '')).rejects.toMatchObject({
    code: 'nodes.sudo',
    message: expect.stringContaining('password'),
  })
})

test('what ssh and sudo say is told without the secrets in it', async () => {
  for (const code of [254, 255]) {
    const ssh = fakeSsh(`echo "refused: PASSWORD=abc123" >&2; exit ${code}`)
    await expect(ssh.run('n1', '')).rejects.toThrow(/refused: PASSWORD=REDACTED/)
  }
})

test('a script that fails is a result', async () => {
  expect((await fakeSsh('exit 3').run('n1', '')).code).toBe(3)
})

test('one that hangs is given up', async () => {
  await expect(fakeSsh('exec sleep 20').run('n1', '', { timeoutMs: 200 })).rejects.toMatchObject({
    code: 'nodes.ssh',
  })
  const run = fakeSsh('exec sleep 20').run('n1', '', { signal: AbortSignal.timeout(100) })
  await expect(run).rejects.not.toMatchObject({ code: 'nodes.ssh' })
})

test('a master that stays behind and holds stderr does not hold us', async () => {
  const { stderr } = await fakeSsh('sleep 300 & echo $! >&2').run('n1', '')
  const master = Number(stderr)
  expect(master).toBeGreaterThan(1)
  // It is there still (else this throws), and is not waited for.
  expect(process.kill(master)).toBe(true)
})

test('close ends the masters and takes their folder away', async () => {
  const ssh = fakeSsh('cat')
  await ssh.run('n1', '')
  const control =
    noted()
      .find(argument => argument.startsWith('ControlPath='))
      ?.slice('ControlPath='.length) ?? ''
  // sun_path: 104 bytes on macOS, with 40 for %C and 17 for the name under which ssh binds.
  expect(control.length - 2 + 40 + 17).toBeLessThan(104)
  await ssh.close()
  expect(noted().slice(-4)).toEqual(['-O', 'exit', '--', 'n1'])
  expect(existsSync(join(control, '..'))).toBe(false)
})
