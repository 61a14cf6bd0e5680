import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Verification } from '../../src/app/verify.ts'
import { down, type Lab, up } from '../index.ts'
import { leftovers } from '../leftovers.ts'
import { tool } from './tool.ts'

/**
 * What comes from outside: a LoadBalancer Service, an Ingress behind one, and nodes whose default route comes by router advertisement.
 * Traefik and MetalLB take minutes to build, so it is asked for: `LAB_SERVICES=1`.
 */
const wanted = process.env['LAB_SERVICES'] === '1'
const name = 'services'
const say = (text: string): void => void process.stderr.write(`${text}\n`)
if (!wanted) say('lab/test/services.lab.ts is skipped: LAB_SERVICES=1 asks for it')
let lab: Lab

const families = ['IPv4', 'IPv6'] as const
/** Longer than the router's lifetime, which is 30 s, and than what an advertisement may come late. */
const outlived = 45_000

const run = async (...args: string[]): Promise<string> => {
  const { code, stdout, stderr } = await tool(lab, 'ssh').run(...args)
  if (code !== 0)
    throw new Error(`${args[0]}: exit code ${code}\n${stdout.slice(-4000)}\n${stderr.slice(-4000)}`)
  return stdout
}

/** What came of each path from outside and of the default routes, as `scenario family`. */
async function verified(file: string, ...more: string[]): Promise<Record<string, string>> {
  // It ends with 7 where a family could not be asked at all.
  const { code, stderr } = await tool(lab, 'ssh').run('verify', '--save', join(lab.dir, file), ...more)
  expect([0, 7], stderr).toContain(code)
  const result = JSON.parse(readFileSync(join(lab.dir, file), 'utf8')) as Verification
  const outcomes = result.answers.map(
    ({ ask, outcome }) => [`${ask.scenario} ${ask.family}`, outcome] as const,
  )
  const lost = outcomes.filter(([, outcome]) => outcome === 'failed')
  const skipped = result.skipped.map(
    ({ scenario, family, reason }) => [`${scenario} ${family ?? ''}`, `skipped: ${reason}`] as const,
  )
  return Object.fromEntries([...skipped, ...outcomes, ...lost])
}

const addressesOf = async (namespace: string, what: string): Promise<readonly string[]> => {
  const text = await lab.kubectl(
    'get',
    '-n',
    namespace,
    what,
    '-o',
    'jsonpath={.status.loadBalancer.ingress}',
  )
  return (JSON.parse(text || '[]') as { ip: string }[]).map(({ ip }) => ip)
}
const balanced = () =>
  Promise.all([addressesOf('demo', 'service/web-loadbalancer'), addressesOf('traefik', 'service/traefik')])

/** HTTP status of the Ingress, asked at an address. */
const ingressFrom = async (place: string, address: string): Promise<string> => {
  const url = `http://${address.includes(':') ? `[${address}]` : address}/`
  const format = ['-s', '-g', '-m', '5', '-o', '/dev/null', '-w', '%{http_code}']
  return (await lab.exec(place, ['curl', ...format, '-H', 'Host: web.example.com', url])).stdout
}

const defaultRoutes = () =>
  Promise.all(
    lab.nodes.map(async node => (await lab.exec(node.name, ['ip', '-6', 'route', 'show', 'default'])).stdout),
  )

describe.skipIf(!wanted)('from outside', () => {
  let before: Awaited<ReturnType<typeof balanced>>

  beforeAll(async () => {
    await down(name)
    lab = await up({ name, extras: ['ingress', 'load-balancer'], advertised: 'route', log: say })
    before = await balanced()
  })
  afterAll(async () => {
    if (process.env['LAB_KEEP'] !== '1') await down(name)
  })

  test('a single-stack cluster is asked in its family; the other is skipped with the reason', async () => {
    expect(await verified('before.json')).toMatchObject({
      'outside-to-load-balancer IPv4': 'passed',
      'outside-to-ingress IPv4': 'passed',
      'default-route IPv6': 'passed',
      'outside-to-load-balancer IPv6': expect.stringMatching(/^skipped: the Service .* has no IPv6 address$/),
      'outside-to-ingress IPv6': 'skipped: the Ingress demo/web has no IPv6 address',
    })
  })

  test('the conversion keeps the address of a load balancer and adds one', async () => {
    await run('apply', '--yes', '--include', 'load-balancers')
    for (const [index, addresses] of (await balanced()).entries()) {
      expect(addresses[0]).toBe(before[index]?.[0])
      expect(addresses.map(address => address.includes(':'))).toEqual([false, true])
    }
    expect(await addressesOf('demo', 'ingress/web')).toEqual(await addressesOf('traefik', 'service/traefik'))
  })

  test('both families answer from the link of the nodes and from behind the router', async () => {
    for (const address of await addressesOf('demo', 'ingress/web'))
      for (const place of ['outside', 'internet'])
        expect(await ingressFrom(place, address), place).toBe('200')
  })

  test('a default route by router advertisement outlives its lifetime on a node that forwards', async () => {
    await sleep(outlived)
    for (const route of await defaultRoutes()) expect(route).toMatch(/proto ra .*expires [1-9]/)
    const after = await verified('after.json', '--baseline', join(lab.dir, 'before.json'))
    for (const family of families)
      expect(after).toMatchObject({
        [`outside-to-load-balancer ${family}`]: 'passed',
        [`outside-to-ingress ${family}`]: 'passed',
        [`default-route ${family}`]: 'passed',
      })
  })

  test('without accept_ra 2 the route runs out: that it will is seen before', async () => {
    const node = lab.nodes[1]?.name ?? ''
    const accept = (value: number) =>
      lab.exec(node, ['sysctl', '-q', '-w', `net.ipv6.conf.eth0.accept_ra=${value}`])
    await accept(1)
    expect(await verified('deaf.json', '--only', 'default-route')).toMatchObject({
      'default-route IPv6': 'failed',
    })
    await sleep(outlived)
    const reachable = await lab.exec(node, ['ip', '-6', 'route', 'get', '2001:db8::1'])
    expect(reachable.code).not.toBe(0)
    await accept(2)
  })

  test('the way back leaves the addresses that were there', async () => {
    await run('rollback', '--yes')
    expect(await balanced()).toEqual(before)
    for (const route of await defaultRoutes()) expect(route).toContain('proto ra')
    expect(await ingressFrom('internet', before[1]?.[0] ?? '')).toBe('200')
  })

  test('the lab leaves nothing behind', async () => {
    if (process.env['LAB_KEEP'] === '1') return say('kept: LAB_KEEP=1')
    await down(name)
    expect((await leftovers()).filter(line => line.includes(name))).toEqual([])
  })
})
