import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, statSync } from 'node:fs'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { hashText } from '../../text/edits.ts'
import { guardUnit } from './names.ts'
import { FakeNode, shells } from './testing/node.ts'

const path = '/var/lib/kubelet/kubeadm-flags.env'
const fresh = '/etc/sysctl.d/99-dualstack.conf'
const unit = guardUnit('run-1', 'kubelet/n1')
const folder = '/var/lib/dualstack/run-1/guard'

/** `start` runs the service's program, as the timer and the boot would. */
const systemctl = (node: FakeNode) => `echo "$*" >>${node.path('/systemctl')}
case $1 in
start) eval "$(sed -n 's/^ExecStart=//p' ${node.path('/etc/systemd/system')}/"$3")" ;;
is-active) case $* in *kubelet*) cat ${node.path('/kubelet-is')} ;; esac ;;
esac`

describe.each(shells)('the dead man’s switch, under $name', ({ argv, there }) => {
  let node: FakeNode
  beforeEach(() => {
    node = new FakeNode(argv)
    node.program('systemctl', systemctl(node))
    node.put('/kubelet-is', 'active\n')
    node.put(path, 'old', 0o640)
    node.put('/etc/sysctl.d/other.conf', '')
  })
  afterEach(() => node.remove())

  const arm = (within = 60) =>
    node.access.guard('n1', {
      run: 'run-1',
      step: 'kubelet/n1',
      paths: [path, fresh],
      unit: 'kubelet.service',
      within,
    })
  const confirm = () => node.access.confirm('n1', 'run-1', 'kubelet/n1')
  const revert = () => node.access.revert('n1', 'run-1', 'kubelet/n1')
  const write = (to: string, before: string | null, text: string) =>
    node.access.write('n1', {
      path: to,
      before: before === null ? null : hashText(before),
      text,
      run: 'run-1',
    })
  const units = () => readdirSync(node.path('/etc/systemd/system')).filter(name => name.includes('dualstack'))
  const asked = () => node.text('/systemctl')

  test.skipIf(!there)('is a service that boot starts, and a timer', async () => {
    await arm(90)
    expect(units().sort()).toEqual([`${unit}.service`, `${unit}.timer`])
    expect(node.text(`/etc/systemd/system/${unit}.timer`)).toContain('OnActiveSec=90\n')
    expect(node.text(`/etc/systemd/system/${unit}.service`)).toContain('Before=kubelet.service')
    expect(existsSync(node.path('/etc/systemd/system/multi-user.target.wants'))).toBe(true)
    expect(readdirSync(node.path('/etc/systemd/system/multi-user.target.wants'))).toEqual([`${unit}.service`])
    expect(asked()).toContain(`restart ${unit}.timer`)
  })

  test.skipIf(!there)(
    'fired, puts back text, mode and absence, restarts the unit, and leaves no unit',
    async () => {
      await arm()
      await write(path, 'old', 'new')
      await write(fresh, null, 'net.x = 1')
      execFileSync('chmod', ['600', node.path(path)])
      await revert()
      expect(node.text(path)).toBe('old')
      expect(existsSync(node.path(fresh))).toBe(false)
      expect(asked()).toContain('restart --no-block kubelet.service')
      expect(units()).toEqual([])
      expect(readdirSync(node.path('/etc/systemd/system/multi-user.target.wants'))).toEqual([])
      await expect(confirm()).rejects.toMatchObject({
        code: 'nodes.reverted',
        message: expect.stringContaining(path),
      })
    },
  )

  test.skipIf(!there)('fired before anything was written, restarts nothing', async () => {
    await arm()
    await revert()
    expect(node.text(path)).toBe('old')
    expect(asked()).not.toContain('restart --no-block kubelet.service')
  })

  test.skipIf(!there)('leaves what somebody else has changed since', async () => {
    await arm()
    await write(path, 'old', 'new')
    node.put(path, 'by hand')
    await revert()
    expect(node.text(path)).toBe('by hand')
    await expect(confirm()).rejects.toThrow('somebody else')
  })

  test.skipIf(!there)('at boot, the kubelet is not started by hand: it waits for us', async () => {
    await arm()
    await write(path, 'old', 'new')
    node.put('/kubelet-is', 'inactive\n')
    await revert()
    expect(node.text(path)).toBe('old')
    expect(asked()).not.toContain('restart --no-block kubelet.service')
  })

  test.skipIf(!there)(
    'confirmed, it is gone; told again, it still is; fired after that, it does nothing',
    async () => {
      await arm()
      await write(path, 'old', 'new')
      await confirm()
      await confirm()
      await revert()
      expect(node.text(path)).toBe('new')
      expect(units()).toEqual([])
      expect(readdirSync(node.path(`${folder}/${readdirSync(node.path(folder))[0]}`)).sort()).toEqual([
        'agent.sh',
        'confirmed',
        'list',
        'unit',
      ])
    },
  )

  test.skipIf(!there)(
    'armed again, keeps the texts of the first time; armed after it fired, takes new ones',
    async () => {
      await arm()
      await write(path, 'old', 'new')
      await arm()
      await revert()
      expect(node.text(path)).toBe('old')
      node.put(path, 'other')
      await arm()
      await write(path, 'other', 'new')
      await revert()
      expect(node.text(path)).toBe('other')
    },
  )

  test.skipIf(!there)('cut off while it puts back, it goes on when it is started again', async () => {
    await arm()
    await write(path, 'old', 'new')
    const step = readdirSync(node.path(folder))[0] ?? ''
    execFileSync('mv', [node.path(`${folder}/${step}/armed`), node.path(`${folder}/${step}/reverting`)])
    await revert()
    expect(node.text(path)).toBe('old')
    expect(asked()).toContain('restart --no-block kubelet.service')
  })

  test.skipIf(!there)('nothing armed: confirm says so, revert has nothing to do', async () => {
    await expect(confirm()).rejects.toMatchObject({ code: 'nodes.not-armed' })
    await revert()
  })

  test.skipIf(!there)('the copies are for root alone', async () => {
    await arm()
    const step = readdirSync(node.path(folder))[0] ?? ''
    expect(statSync(node.path(`${folder}/${step}`)).mode & 0o777).toBe(0o700)
    expect(statSync(node.path(`${folder}/${step}/1`)).mode & 0o777).toBe(0o600)
  })
})
