import { execFileSync } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { systemClock } from '../../../base/clock.ts'
import { nodeAccess } from '../index.ts'
import { localTransport } from '../local.ts'
import { realPlace } from '../script.ts'

const there = (file: string): boolean => {
  try {
    execFileSync('sh', ['-c', 'command -v "$1"', 'sh', file], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

/** The shells that the agent must run under; those that this machine lacks are named, so that a test can say what it skipped. */
export const shells = (
  [
    ['dash', ['dash', '-s']],
    ['busybox ash', ['busybox', 'ash', '-s']],
    ['bash', ['bash', '--posix', '-s']],
  ] as const
).map(([name, argv]) => ({ name, argv, there: there(argv[0]) }))

export const someShell: readonly string[] = shells.find(shell => shell.there)?.argv ?? ['sh', '-s']

/** A folder that stands for a node's root, and programs in front of the PATH. */
export class FakeNode {
  readonly root = mkdtempSync(join(tmpdir(), 'dualstack-node-'))
  readonly programs = join(this.root, '.programs')
  readonly access

  constructor(shell: readonly string[] = someShell) {
    mkdirSync(this.programs)
    mkdirSync(join(this.root, 'etc/systemd/system'), { recursive: true })
    this.program('systemctl', 'exit 0')
    const place = { root: this.root, path: `${this.programs}:${realPlace.path}` }
    this.access = nodeAccess(localTransport({ shell }), { clock: systemClock, place })
  }

  path(path: string): string {
    return join(this.root, path)
  }

  put(path: string, text: string | Buffer, mode = 0o644): void {
    mkdirSync(dirname(this.path(path)), { recursive: true })
    writeFileSync(this.path(path), text)
    chmodSync(this.path(path), mode)
  }

  text(path: string): string {
    return readFileSync(this.path(path), 'utf8')
  }

  /** A program of this node, as a script for sh. */
  program(name: string, body: string): void {
    const file = join(this.programs, name)
    writeFileSync(file, `#!/bin/sh\n${body}\n`)
    chmodSync(file, 0o755)
  }

  remove(): void {
    rmSync(this.root, { recursive: true, force: true })
  }
}
