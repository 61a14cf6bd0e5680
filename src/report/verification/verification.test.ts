import { describe, expect, test } from 'vitest'
import type { Verification } from '../../model/verification.ts'
import { noColours } from '../colours.ts'
import { verificationHtml } from './html.ts'
import { verificationJunit } from './junit.ts'
import { matrixFile, shortened } from './matrix-picture.ts'
import { matricesOf } from './matrix.ts'
import { sample } from './testing/sample.ts'
import { wellFormed } from './testing/well-formed.ts'
import { verificationText } from './text.ts'
import { newFailures } from './words.ts'

const text = (verification: Verification): string => verificationText(verification, { colours: noColours })

test('text: a matrix a family, failures with what was looked at, what was skipped, the verdict last', () => {
  expect(text(sample())).toMatchInlineSnapshot(`
    "IPv4           to n1   to n2   to n3   to Service   to DNS
    from n1        ok 1    ok 1    ok 1    ok 1         ·
    from n2        ok 1    ok 1    ok 1    ok 1         ok 1
    from n3        ok 1    ok 1    ok 1    ok 1         ·
    from outside   ok 1    ·       ·       ·            ·

    IPv6           to n1   to n2         to n3         to Service   to DNS
    from n1        ok 1    ok 1          FAIL 1 of 1   ok 1         ·
    from n2        ok 1    FAIL 1 of 2   FAIL 1 of 1   ok 1         ok 1
    from n3        ok 1    ok 1          ok 1          ok 1         ·
    from outside   ok 1    ·             ·             ·            ·

    Failed
    - pod-to-pod IPv6 TCP: verify/client-n1 (n1) → verify/server-n3 (n3) [fd00:10:3::5]:8080
        expected an answer, seen: no answer in 2 s
        likely layer: cni-calico
        $ ip -6 route get fd00:10:3::5 (n1)
          unreachable fd00:10:3::5 dev lo metric 1024
        $ ip -6 neigh show (n1)
          fd00::3 dev eth0 FAILED
          fd00::2 dev eth0 REACHABLE
    - pod-to-pod IPv6 TCP: verify/client-n2 (n2) → verify/server-n3 (n3) [fd00:10:3::5]:8080
        expected an answer, seen: no answer in 2 s
        likely layer: cni-calico
        $ ip -6 route get fd00:10:3::5 (n2)
          unreachable fd00:10:3::5 dev lo metric 1024
        $ ip -6 neigh show (n2)
          fd00::3 dev eth0 FAILED
          fd00::2 dev eth0 REACHABLE
    - network-policy IPv6 TCP: verify/client-n2 (n2) → verify/<b>"deny" & 'all'</b> (n2) [fd00:10:2::66]:8080
        expected nothing to come through, seen: 200 from <script>alert(1)</script>
        the far side saw it come from fd00:10:2::5
        likely layer: cni-calico

    SKIPPED                   FAMILY   BECAUSE
    ingress                            no Ingress controller answers: no IngressClass is there
    outside-to-loadbalancer   IPv6     Service shop/front & co has no IPv6 address in status.loadBalancer

    3 of 29 probes failed (IPv4 14 of 14, IPv6 12 of 15); 2 skipped.
    "
  `)
})

test('text: what a baseline says stands beside each failure and at the end', () => {
  const verification = sample()
  const [first, second] = verification.answers.filter(({ outcome }) => outcome === 'failed')
  const compared = {
    ...verification,
    worse: [first?.ask.id ?? ''],
    known: [second?.ask.id ?? ''],
    notAsked: ['x|IPv4|\u001B[2Ja|b'],
  }
  const shown = text(compared)
  expect(shown).toContain('    worked in the baseline\n')
  expect(shown).toContain('    failed in the baseline too\n')
  expect(shown).toContain('    not in the baseline\n')
  expect(shown).toContain('In the baseline, and asked no more: x|IPv4| [2Ja|b\n')
  expect(shown).toMatch(
    /Against the baseline: 1 that worked fails now, 1 failed then too, 1 that worked is asked no more\.\n$/,
  )
  expect(newFailures(compared).map(({ ask }) => ask.id)).not.toContain(second?.ask.id)
  expect(newFailures(compared)).toHaveLength(2)
})

test('text: a cluster where all is well says so in one line after the matrices', () => {
  const verification = sample()
  const well = {
    ...verification,
    answers: verification.answers.filter(({ outcome }) => outcome === 'passed'),
    skipped: [],
  }
  expect(text(well).split('\n').slice(-2)).toEqual([
    'All 26 probes passed (IPv4 14 of 14, IPv6 12 of 12).',
    '',
  ])
})

test('text: where nothing could be asked nothing is said to be well', () => {
  expect(text({ ...sample(), answers: [] })).toContain('Nothing was asked: every scenario was skipped.')
})

describe('many nodes', () => {
  const nodes = Array.from({ length: 60 }, (_, index) => `worker-${index}`)
  const many: Verification = {
    ...sample(),
    nodes,
    answers: nodes.map((node, index) => ({
      ask: {
        id: node,
        scenario: 'node-to-pod',
        family: 'IPv4',
        protocol: 'TCP',
        from: { kind: 'node', name: node, node },
        to: { kind: 'pod', name: 'verify/server', node: nodes[(index + 1) % 60] },
        expect: 'answers',
      },
      outcome: index === 50 ? 'failed' : 'passed',
      seen: '',
    })),
    skipped: [],
  }

  test('those with a failure are shown, then as many others as there is room for', () => {
    const [matrix] = matricesOf(many, 4)
    expect(matrix?.rows).toEqual(['worker-0', 'worker-1', 'worker-50', 'worker-51'])
    expect(matrix?.folded).toBe(56)
    expect(matrix?.cell('worker-50', 'worker-51')).toEqual({ passed: 0, failed: 1 })
    expect(matrix?.cell('worker-0', 'worker-51')).toBeUndefined()
  })

  test('every report says how many are left out', () => {
    expect(text(many)).toContain('48 more nodes are not shown')
    expect(verificationHtml(many)).toContain('20 more nodes are not shown')
  })
})

describe('JUnit', () => {
  test('the whole file', () => {
    expect(verificationJunit(sample())).toMatchInlineSnapshot(`
      "<?xml version="1.0" encoding="UTF-8"?>
      <testsuites name="dualstack verify" tests="31" failures="3" errors="0" skipped="2" time="4.055" timestamp="2026-05-04T02:11:40Z">
        <testsuite name="pod-to-pod" tests="18" failures="2" errors="0" skipped="0" time="4.032" timestamp="2026-05-04T02:11:40Z">
          <testcase classname="pod-to-pod.IPv4" name="TCP verify/client-n1 (n1) → verify/server-n1 (n1) 10.244.1.5:8080 [pod-to-pod|IPv4|verify/client-n1|verify/server-n1]" time="0.002"/>
          <testcase classname="pod-to-pod.IPv4" name="TCP verify/client-n1 (n1) → verify/server-n2 (n2) 10.244.2.5:8080 [pod-to-pod|IPv4|verify/client-n1|verify/server-n2]" time="0.002"/>
          <testcase classname="pod-to-pod.IPv4" name="TCP verify/client-n1 (n1) → verify/server-n3 (n3) 10.244.3.5:8080 [pod-to-pod|IPv4|verify/client-n1|verify/server-n3]" time="0.002"/>
          <testcase classname="pod-to-pod.IPv4" name="TCP verify/client-n2 (n2) → verify/server-n1 (n1) 10.244.1.5:8080 [pod-to-pod|IPv4|verify/client-n2|verify/server-n1]" time="0.002"/>
          <testcase classname="pod-to-pod.IPv4" name="TCP verify/client-n2 (n2) → verify/server-n2 (n2) 10.244.2.5:8080 [pod-to-pod|IPv4|verify/client-n2|verify/server-n2]" time="0.002"/>
          <testcase classname="pod-to-pod.IPv4" name="TCP verify/client-n2 (n2) → verify/server-n3 (n3) 10.244.3.5:8080 [pod-to-pod|IPv4|verify/client-n2|verify/server-n3]" time="0.002"/>
          <testcase classname="pod-to-pod.IPv4" name="TCP verify/client-n3 (n3) → verify/server-n1 (n1) 10.244.1.5:8080 [pod-to-pod|IPv4|verify/client-n3|verify/server-n1]" time="0.002"/>
          <testcase classname="pod-to-pod.IPv4" name="TCP verify/client-n3 (n3) → verify/server-n2 (n2) 10.244.2.5:8080 [pod-to-pod|IPv4|verify/client-n3|verify/server-n2]" time="0.002"/>
          <testcase classname="pod-to-pod.IPv4" name="TCP verify/client-n3 (n3) → verify/server-n3 (n3) 10.244.3.5:8080 [pod-to-pod|IPv4|verify/client-n3|verify/server-n3]" time="0.002"/>
          <testcase classname="pod-to-pod.IPv6" name="TCP verify/client-n1 (n1) → verify/server-n1 (n1) [fd00:10:1::5]:8080 [pod-to-pod|IPv6|verify/client-n1|verify/server-n1]" time="0.002"/>
          <testcase classname="pod-to-pod.IPv6" name="TCP verify/client-n1 (n1) → verify/server-n2 (n2) [fd00:10:2::5]:8080 [pod-to-pod|IPv6|verify/client-n1|verify/server-n2]" time="0.002"/>
          <testcase classname="pod-to-pod.IPv6" name="TCP verify/client-n1 (n1) → verify/server-n3 (n3) [fd00:10:3::5]:8080 [pod-to-pod|IPv6|verify/client-n1|verify/server-n3]" time="2.000">
            <failure message="expected an answer, seen: no answer in 2 s" type="answers">no answer in 2 s
      likely layer: cni-calico
      $ ip -6 route get fd00:10:3::5 (n1)
        unreachable fd00:10:3::5 dev lo metric 1024
      $ ip -6 neigh show (n1)
        fd00::3 dev eth0 FAILED
        fd00::2 dev eth0 REACHABLE
      </failure>
          </testcase>
          <testcase classname="pod-to-pod.IPv6" name="TCP verify/client-n2 (n2) → verify/server-n1 (n1) [fd00:10:1::5]:8080 [pod-to-pod|IPv6|verify/client-n2|verify/server-n1]" time="0.002"/>
          <testcase classname="pod-to-pod.IPv6" name="TCP verify/client-n2 (n2) → verify/server-n2 (n2) [fd00:10:2::5]:8080 [pod-to-pod|IPv6|verify/client-n2|verify/server-n2]" time="0.002"/>
          <testcase classname="pod-to-pod.IPv6" name="TCP verify/client-n2 (n2) → verify/server-n3 (n3) [fd00:10:3::5]:8080 [pod-to-pod|IPv6|verify/client-n2|verify/server-n3]" time="2.000">
            <failure message="expected an answer, seen: no answer in 2 s" type="answers">no answer in 2 s
      likely layer: cni-calico
      $ ip -6 route get fd00:10:3::5 (n2)
        unreachable fd00:10:3::5 dev lo metric 1024
      $ ip -6 neigh show (n2)
        fd00::3 dev eth0 FAILED
        fd00::2 dev eth0 REACHABLE
      </failure>
          </testcase>
          <testcase classname="pod-to-pod.IPv6" name="TCP verify/client-n3 (n3) → verify/server-n1 (n1) [fd00:10:1::5]:8080 [pod-to-pod|IPv6|verify/client-n3|verify/server-n1]" time="0.002"/>
          <testcase classname="pod-to-pod.IPv6" name="TCP verify/client-n3 (n3) → verify/server-n2 (n2) [fd00:10:2::5]:8080 [pod-to-pod|IPv6|verify/client-n3|verify/server-n2]" time="0.002"/>
          <testcase classname="pod-to-pod.IPv6" name="TCP verify/client-n3 (n3) → verify/server-n3 (n3) [fd00:10:3::5]:8080 [pod-to-pod|IPv6|verify/client-n3|verify/server-n3]" time="0.002"/>
        </testsuite>
        <testsuite name="pod-to-service" tests="6" failures="0" errors="0" skipped="0" time="0.012" timestamp="2026-05-04T02:11:40Z">
          <testcase classname="pod-to-service.IPv4" name="HTTP verify/client-n1 (n1) → Service verify/server 10.96.0.7:80 [pod-to-service|IPv4|verify/client-n1|verify/server]" time="0.002"/>
          <testcase classname="pod-to-service.IPv4" name="HTTP verify/client-n2 (n2) → Service verify/server 10.96.0.7:80 [pod-to-service|IPv4|verify/client-n2|verify/server]" time="0.002"/>
          <testcase classname="pod-to-service.IPv4" name="HTTP verify/client-n3 (n3) → Service verify/server 10.96.0.7:80 [pod-to-service|IPv4|verify/client-n3|verify/server]" time="0.002"/>
          <testcase classname="pod-to-service.IPv6" name="HTTP verify/client-n1 (n1) → Service verify/server [fd00:20::7]:80 [pod-to-service|IPv6|verify/client-n1|verify/server]" time="0.002"/>
          <testcase classname="pod-to-service.IPv6" name="HTTP verify/client-n2 (n2) → Service verify/server [fd00:20::7]:80 [pod-to-service|IPv6|verify/client-n2|verify/server]" time="0.002"/>
          <testcase classname="pod-to-service.IPv6" name="HTTP verify/client-n3 (n3) → Service verify/server [fd00:20::7]:80 [pod-to-service|IPv6|verify/client-n3|verify/server]" time="0.002"/>
        </testsuite>
        <testsuite name="outside-to-nodeport" tests="2" failures="0" errors="0" skipped="0" time="0.004" timestamp="2026-05-04T02:11:40Z">
          <testcase classname="outside-to-nodeport.IPv4" name="TCP this machine → n1 192.0.2.1:30080 [outside-to-nodeport|IPv4|this machine|n1]" time="0.002"/>
          <testcase classname="outside-to-nodeport.IPv6" name="TCP this machine → n1 [2001:db8::1]:30080 [outside-to-nodeport|IPv6|this machine|n1]" time="0.002"/>
        </testsuite>
        <testsuite name="dns" tests="2" failures="0" errors="0" skipped="0" time="0.004" timestamp="2026-05-04T02:11:40Z">
          <testcase classname="dns.IPv4" name="DNS verify/client-n2 (n2) → DNS 10.96.0.10:53, name server.verify.svc.cluster.local [dns|IPv4|verify/client-n2|dns]" time="0.002"/>
          <testcase classname="dns.IPv6" name="DNS verify/client-n2 (n2) → DNS [fd00:20::a]:53, name server.verify.svc.cluster.local [dns|IPv6|verify/client-n2|dns]" time="0.002"/>
        </testsuite>
        <testsuite name="network-policy" tests="1" failures="1" errors="0" skipped="0" time="0.003" timestamp="2026-05-04T02:11:40Z">
          <testcase classname="network-policy.IPv6" name="TCP verify/client-n2 (n2) → verify/&lt;b&gt;&quot;deny&quot; &amp; &#39;all&#39;&lt;/b&gt; (n2) [fd00:10:2::66]:8080 [network-policy|IPv6|verify/client-n2|verify/&lt;b&gt;&quot;deny&quot; &amp; &#39;all&#39;&lt;/b&gt;]" time="0.003">
            <failure message="expected nothing to come through, seen: 200 from &lt;script&gt;alert(1)&lt;/script&gt;" type="denied">200 from &lt;script&gt;alert(1)&lt;/script&gt;
      the far side saw it come from fd00:10:2::5
      likely layer: cni-calico
      </failure>
          </testcase>
        </testsuite>
        <testsuite name="ingress" tests="1" failures="0" errors="0" skipped="1" time="0.000" timestamp="2026-05-04T02:11:40Z">
          <testcase classname="ingress" name="skipped" time="0">
            <skipped message="no Ingress controller answers: no IngressClass is there"/>
          </testcase>
        </testsuite>
        <testsuite name="outside-to-loadbalancer" tests="1" failures="0" errors="0" skipped="1" time="0.000" timestamp="2026-05-04T02:11:40Z">
          <testcase classname="outside-to-loadbalancer.IPv6" name="skipped" time="0">
            <skipped message="Service shop/front &amp; co has no IPv6 address in status.loadBalancer"/>
          </testcase>
        </testsuite>
      </testsuites>
      "
    `)
  })

  test('is well-formed XML whatever stands in names, and no name is there twice', () => {
    const junit = verificationJunit(nasty())
    expect(wellFormed(junit)).toEqual([])
    expect(junit).not.toContain('<script>')
    const names = [...junit.matchAll(/<testcase classname="([^"]*)" name="([^"]*)"/g)].map(([whole]) => whole)
    expect(new Set(names).size).toBe(names.length)
  })

  test('counts of a suite are what stands in it', () => {
    for (const [, attributes = '', inside = ''] of verificationJunit(sample()).matchAll(
      /<testsuite ([^>]*)>([\s\S]*?)<\/testsuite>/g,
    )) {
      const count = (name: string) => Number(new RegExp(` ${name}="(\\d+)"`).exec(attributes)?.[1])
      expect(count('tests')).toBe(inside.split('<testcase ').length - 1)
      expect(count('failures')).toBe(inside.split('<failure ').length - 1)
      expect(count('skipped')).toBe(inside.split('<skipped ').length - 1)
    }
  })
})

describe('the page', () => {
  test('needs nothing from anywhere, and runs nothing', () => {
    const page = verificationHtml(sample())
    expect(page).not.toMatch(/<script|<link|<img|<iframe|\bon\w+="|@import|url\(|(src|href)="http/i)
    expect(page).toContain("default-src 'none'")
  })

  test('has a picture for each family and each failure, and its evidence folded', () => {
    const page = verificationHtml(sample())
    expect(page.split('<svg ').length - 1).toBe(2 + 3)
    expect(page).toContain('aria-label="IPv6: who reaches whom"')
    expect(page).toMatch(/<details><summary>Evidence/)
    expect(page).not.toContain('<details open')
  })

  test('every element is closed and nothing from a cluster is markup', () => {
    const page = verificationHtml(nasty())
    expect(wellFormed(page)).toEqual([])
    expect(page).not.toContain('<b>"deny"')
    expect(page).not.toContain('<script')
  })

  test('a path is broken where the likely layer works, and a way that should be closed has a red end', () => {
    const page = verificationHtml(sample())
    const [across, , leak] = [...page.matchAll(/<figure><svg[\s\S]*?<\/svg>/g)].map(([whole]) => whole)
    // client, its node, node of the target, target: lost between the nodes.
    expect(across?.split('<rect').length).toBe(5)
    expect(across).toMatch(/its node[\s\S]*class="broken"[\s\S]*node of the target/)
    expect(across?.split('class="broken"').length).toBe(2)
    expect(leak).not.toContain('broken')
    expect(leak).toContain('class="fail"')
    expect(leak).toContain('came through, and should not have')
  })

  test('without a failure it says so', () => {
    const { answers, ...rest } = sample()
    const page = verificationHtml({ ...rest, answers: answers.slice(0, 3), skipped: [] })
    expect(page).toMatch(/<h2>Failed<\/h2>\s*<p>Nothing\.<\/p>/)
  })
})

test('a picture that stands alone is well-formed and brings its colours', () => {
  const file = matrixFile(sample())
  expect(wellFormed(file)).toEqual([])
  expect(file).toContain('xmlns="http://www.w3.org/2000/svg"')
  expect(file).toContain('prefers-color-scheme: dark')
})

test.each([
  ['node', 13, 'node'],
  ['ip-10-0-113-27.eu-central-1.compute.internal', 13, 'ip-10-…ternal'],
  ['节点'.repeat(10), 5, '节点…节点'],
])('%s in %d characters is %s', (name, most, short) => {
  expect(shortened(name, most)).toBe(short)
})

/** Everywhere where a cluster has a say there is what XML and HTML could stumble over. */
function nasty(): Verification {
  const evil = `<b a="1">&amp; 'x' ]]> \u0000\u001B[2J\uFFFE\uD800 <script>alert(1)</script>`
  const verification = sample()
  return {
    ...verification,
    cluster: evil,
    nodes: [...verification.nodes, evil],
    answers: verification.answers.map((answer, index) => ({
      ...answer,
      ask: {
        ...answer.ask,
        id: `${index}${evil}`,
        host: evil,
        from: { ...answer.ask.from, name: `${evil}${answer.ask.from.name}` },
        to: { ...answer.ask.to, name: evil, node: evil },
      },
      seen: evil,
      seenFrom: evil,
      layer: evil,
      evidence: [{ of: evil, says: `${evil}\n${evil}` }],
    })),
    skipped: verification.skipped.map(one => ({ ...one, scenario: evil, reason: evil })),
    worse: [evil],
    notAsked: [evil],
  }
}

test('what came only when asked again has passed, and is told: five of them, the count of all', () => {
  const all = sample().answers.map(answer => (answer.outcome === 'passed' ? { ...answer, tries: 2 } : answer))
  const told = text({ ...sample(), answers: all })
  expect(told.match(/^- .*, 2 times$/gm)).toHaveLength(5)
  expect(told).toContain('… and 21 more (-o json has them all)')
  expect(told).toContain('26 only when asked again')
  expect(text(sample())).not.toContain('asked again')
})
