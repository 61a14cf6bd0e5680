import { nothingIncluded } from '../../model/goal.ts'
import { describe, expect, test } from 'vitest'
import type { Plan, Step } from '../../model/plan.ts'
import { html } from '../html.ts'
import { expectedOf } from './expected.ts'
import { planHtml } from './html.ts'
import { planMarkdown } from './markdown.ts'

const step = (given: Partial<Step>): Step => ({
  id: 'x/1',
  stage: 'services',
  layer: 'services',
  title: 'a step',
  why: 'a reason',
  interrupts: [],
  leaves: [],
  needs: [],
  changes: [],
  refreshes: [],
  gates: [],
  ...given,
})

const plan: Plan = {
  apiVersion: 'dualstack/v1',
  cluster: 'u-1',
  tool: '0.1.0',
  direction: 'dual',
  goal: {
    families: ['IPv4', 'IPv6'],
    pods: { IPv4: '10.244.0.0/16', IPv6: 'fd00:1::/56' },
    services: { IPv4: '10.96.0.0/16', IPv6: 'fd00:2::/112' },
    nodeMask: { IPv4: 24, IPv6: 64 },
    blockSize: { IPv4: 26, IPv6: 122 },
    nodeAddresses: { n1: { IPv4: '10.0.0.1', IPv6: 'fd00::1' }, n2: { IPv4: '10.0.0.2', IPv6: 'fd00::2' } },
    calico: { encapsulation: 'None', natOutgoing: true },
    include: nothingIncluded,
  },
  steps: [
    step({
      id: 'kube-controller-manager/n1',
      stage: 'kube-controller-manager',
      layer: 'kube-controller-manager',
      title: 'Give the controller manager of n1 both ranges',
      why: 'it hands out <ranges> & `ticks`',
      interrupts: [
        { what: 'controllers pause', seconds: 35 },
        { what: 'traffic goes on', seconds: 0 },
      ],
      leaves: ['something | stays'],
      changes: [
        {
          target: {
            kind: 'file',
            node: 'n1',
            path: '/etc/kubernetes/manifests/kube-controller-manager.yaml',
          },
          before: `sha256:${'a'.repeat(64)}`,
          after: `sha256:${'b'.repeat(64)}`,
          edits: [
            {
              at: 18,
              remove: ['    - --cluster-cidr=10.244.0.0/16\n'],
              insert: ['    - --cluster-cidr=10.244.0.0/16,fd00:1::/56 # ```\n'],
            },
          ],
        },
      ],
      gates: [
        {
          id: 'kube-controller-manager/runs',
          args: {},
          within: 180,
          steady: 5,
          because: 'an old one may still lead',
        },
      ],
      guard: { node: 'n1', within: 240, unit: 'kubelet' },
    }),
    step({
      id: 'workloads/pods',
      stage: 'workloads',
      layer: 'workloads',
      title: 'Make pods again',
      refreshes: [
        {
          kind: 'recreate-pods',
          owner: { namespace: 'shop', kind: 'Deployment', name: 'web' },
          until: ['IPv4', 'IPv6'],
          by: 'eviction',
        },
      ],
    }),
  ],
  notices: [
    { layer: 'services', object: 'Service a/b', message: 'held back', remedy: 'ask' },
    { layer: 'services', object: 'Service a/c', message: 'held back', remedy: 'ask' },
    { layer: 'workloads', object: 'Pod a/d', message: 'left' },
  ],
  joins: ['sysctl on the new node'],
}
const options = {
  origins: { pods: 'chosen', services: 'asked for' } as const,
  version: 'v1.36.3',
  at: '2026-01-02T03:04:05.000Z',
  fingerprint: 'abc',
  mask: (line: string) => line,
}

test('the Markdown says all that there is to say, in order', () => {
  expect(planMarkdown(plan, options)).toMatchInlineSnapshot(`
    "# Plan: to dual-stack, IPv4 and IPv6

    Takes a running Kubernetes cluster to IPv4 and IPv6 while it serves, one step at a time. Each step waits until it holds before the next begins; stopped at any point it goes on from there, or leads back.

    |  |  |
    | --- | --- |
    | Work | 2 steps, 1 change |
    | Time | about 60 s |
    | Interruptions | 1, each of its own part only |
    | Cannot be taken back | 1 thing |
    | Cluster | u-1 |
    | Kubernetes | v1.36.3 |
    | Pod range | 10.244.0.0/16 stays, fd00:1::/56 is added (chosen from the cluster UID, RFC 4193; name another with --pods or --services) |
    | Service range | 10.96.0.0/16 stays, fd00:2::/112 is added (you named it) |
    | Node mask | /24 stays, /64 for IPv6 |
    | Between nodes | IPv6 as it is, without encapsulation; translated where it leaves the pod range |
    | Made | 2026-01-02T03:04:05.000Z by dualstack 0.1.0 |
    | Plan file | SHA-256 abc |

    ## Order and time

    | stage | steps | about | why here |
    | --- | --- | --- | --- |
    | kube-controller-manager | 1 | 40 s | EndpointSlices and node ranges of the new family come from it |
    | workloads | 2 | 20 s | a pod keeps its addresses for life |

    ## What is felt

    | step | what | how long |
    | --- | --- | --- |
    | 1 | controllers pause | 35 s |

    ## What the way back cannot remove

    * something \\| stays (step 1)

    ## To know: left alone, or not as it was

    * **Service a/b, Service a/c**: held back  
      ask
    * **Pod a/d**: left

    ## Every step

    ### kube-controller-manager

    EndpointSlices and node ranges of the new family come from it

    **1. Give the controller manager of n1 both ranges** (kube-controller-manager/n1, about 40 s)

    * why: it hands out &lt;ranges&gt; &amp; \\\`ticks\\\`
    * interrupts: controllers pause (35 s)
    * interrupts: traffic goes on (not felt)
    * leaves: something \\| stays
    * waits: until kube-controller-manager/runs holds, up to 3 min: an old one may still lead
    * guard: n1 undoes it by itself after 4 min, unless it is confirmed

    \`\`\`\`diff
    --- n1:/etc/kubernetes/manifests/kube-controller-manager.yaml
    @@ line 18 @@
    -    - --cluster-cidr=10.244.0.0/16
    +    - --cluster-cidr=10.244.0.0/16,fd00:1::/56 # \`\`\`
    \`\`\`\`

    ### workloads

    a pod keeps its addresses for life

    **2. Make pods again** (workloads/pods, about 20 s)

    * why: a reason
    * then: pods are made again (evicted one by one, within their disruption budgets): Deployment shop/web

    ## For nodes that join later

    sysctl on the new node
    "
  `)
})

test('the page has the same, with pictures', () => {
  expect(
    planHtml(plan, options).replace(/<style>[\s\S]*?<\/style>/, '<style>…</style>'),
  ).toMatchInlineSnapshot(`
    "<!doctype html>
    <html lang="en">
    <head>
    <meta charset="utf-8">
    <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta name="color-scheme" content="light dark">
    <meta name="referrer" content="no-referrer">
    <title>Plan: to dual-stack, IPv4 and IPv6</title>
    <style>…</style>
    </head>
    <body>
    <main>
    <h1>Plan: to dual-stack, IPv4 and IPv6</h1>
    <p class="soft">Takes a running Kubernetes cluster to IPv4 and IPv6 while it serves, one step at a time. Each step waits until it holds before the next begins; stopped at any point it goes on from there, or leads back.</p>
    <div class="cards"><div class="card"><span class="soft">Work</span><b>2 steps, 1 change</b></div><div class="card"><span class="soft">Time</span><b>about 60 s</b></div><div class="card"><span class="soft">Interruptions</span><b>1, each of its own part only</b></div><div class="card"><span class="soft">Cannot be taken back</span><b>1 thing</b></div></div>
    <dl><dt>Cluster</dt><dd>u-1</dd>
    <dt>Kubernetes</dt><dd>v1.36.3</dd>
    <dt>Pod range</dt><dd>10.244.0.0/16 stays, fd00:1::/56 is added (chosen from the cluster UID, RFC 4193; name another with --pods or --services)</dd>
    <dt>Service range</dt><dd>10.96.0.0/16 stays, fd00:2::/112 is added (you named it)</dd>
    <dt>Node mask</dt><dd>/24 stays, /64 for IPv6</dd>
    <dt>Between nodes</dt><dd>IPv6 as it is, without encapsulation; translated where it leaves the pod range</dd>
    <dt>Made</dt><dd>2026-01-02T03:04:05.000Z by dualstack 0.1.0</dd>
    <dt>Plan file</dt><dd>SHA-256 abc</dd>
    </dl>
    <h2>What changes</h2>
    <figure>
    <svg viewBox="0 0 760 88" role="img" aria-label="Layers of the cluster, with the families they carry now and afterwards">
    <text class="soft" x="210" y="14">now</text><text class="soft" x="450" y="14">afterwards</text>
    <text x="0" y="43">Pods</text><rect class="old" x="210" y="28" width="78" height="22" rx="4"/><text class="on-bar" x="249" y="43" text-anchor="middle">IPv4</text><rect class="none" x="296" y="28" width="78" height="22" rx="4"/><text class="soft" x="335" y="43" text-anchor="middle">no IPv6</text><rect class="old" x="450" y="28" width="78" height="22" rx="4"/><text class="on-bar" x="489" y="43" text-anchor="middle">IPv4</text><rect class="new" x="536" y="28" width="78" height="22" rx="4"/><text class="on-bar" x="575" y="43" text-anchor="middle">IPv6</text><text class="soft" x="390" y="43">→</text><text class="soft" x="640" y="43">1 step</text>
    <text x="0" y="73">Controller managers</text><rect class="old" x="210" y="58" width="78" height="22" rx="4"/><text class="on-bar" x="249" y="73" text-anchor="middle">IPv4</text><rect class="none" x="296" y="58" width="78" height="22" rx="4"/><text class="soft" x="335" y="73" text-anchor="middle">no IPv6</text><rect class="old" x="450" y="58" width="78" height="22" rx="4"/><text class="on-bar" x="489" y="73" text-anchor="middle">IPv4</text><rect class="new" x="536" y="58" width="78" height="22" rx="4"/><text class="on-bar" x="575" y="73" text-anchor="middle">IPv6</text><text class="soft" x="390" y="73">→</text><text class="soft" x="640" y="73">1 step</text>
    </svg>
    <figcaption>The layers that change, the ground at the bottom.</figcaption>
    </figure>
    <h2>Order and time</h2>
    <figure>
    <svg viewBox="0 0 760 92" role="img" aria-label="Stages in order, with the time that each is expected to take">
    <text x="0" y="42">kube-controller-manager</text><rect class="warn" x="190.0" y="31" width="280.0" height="14" rx="2"/><text class="soft" x="476.0" y="42">40 s, 1 step ▲</text>
    <text x="0" y="68">workloads</text><rect class="new" x="470.0" y="57" width="140.0" height="14" rx="2"/><text class="soft" x="616.0" y="68">20 s, 1 step</text>
    <line class="edge" x1="190.0" x2="190.0" y1="22" y2="84"/><text class="bad" x="194.0" y="16">from here on something stays</text>
    </svg>
    <figcaption>Stages in order, and about how long each takes. ▲ something is felt there for a moment.</figcaption>
    </figure>
    <p class="soft">Times are what such steps took in the lab, times what is there: busy machines, slow probes and disruption budgets make them longer.</p>
    <h2>What is felt</h2>
    <table><thead><tr><th>Step</th><th>What</th><th>How long</th></tr></thead><tbody>
    <tr><td class="number">1</td><td>controllers pause</td><td>35 s</td></tr>
    </tbody></table>
    <h2>What the way back cannot remove</h2>
    <div class="warn"><ul><li>something | stays <span class="soft">(step 1)</span></li></ul></div>
    <h2>To know: left alone, or not as it was</h2>
    <table><thead><tr><th>What</th><th>Why, and what to do</th></tr></thead><tbody><tr><td>Service a/b, Service a/c</td><td>held back<br><span class="soft">ask</span></td></tr>
    <tr><td>Pod a/d</td><td>left</td></tr>
    </tbody></table>
    <h2>Every step</h2>
    <h3>kube-controller-manager</h3>
    <p class="soft">EndpointSlices and node ranges of the new family come from it</p>
    <details open id="step-1"><summary>1. Give the controller manager of n1 both ranges <span class="soft">kube-controller-manager/n1, about 40 s</span></summary>
    <dl><dt>why</dt><dd>it hands out &lt;ranges&gt; &amp; \`ticks\`</dd>
    <dt>interrupts</dt><dd>controllers pause (35 s)</dd>
    <dt>interrupts</dt><dd>traffic goes on (not felt)</dd>
    <dt>leaves</dt><dd>something | stays</dd>
    <dt>waits</dt><dd>until kube-controller-manager/runs holds, up to 3 min: an old one may still lead</dd>
    <dt>guard</dt><dd>n1 undoes it by itself after 4 min, unless it is confirmed</dd>
    </dl>
    <pre><span class="file">--- n1:/etc/kubernetes/manifests/kube-controller-manager.yaml</span><span class="place">@@ line 18 @@</span><span class="cut">-    - --cluster-cidr=10.244.0.0/16</span><span class="add">+    - --cluster-cidr=10.244.0.0/16,fd00:1::/56 # \`\`\`</span></pre>
    </details>
    <h3>workloads</h3>
    <p class="soft">a pod keeps its addresses for life</p>
    <details open id="step-2"><summary>2. Make pods again <span class="soft">workloads/pods, about 20 s</span></summary>
    <dl><dt>why</dt><dd>a reason</dd>
    <dt>then</dt><dd>pods are made again (evicted one by one, within their disruption budgets): Deployment shop/web</dd>
    </dl>
    </details>

    <h2>For nodes that join later</h2>
    <p>sysctl on the new node</p>

    <h2>Agreed</h2>
    <table><thead><tr><th>Name</th><th>Date</th><th>Signature</th></tr></thead><tbody><tr><td>&nbsp;</td><td></td><td></td></tr><tr><td>&nbsp;</td><td></td><td></td></tr></tbody></table>
    </main>
    </body>
    </html>
    "
  `)
})

test('a plan without steps says so', () => {
  const nothing = { ...plan, steps: [], notices: [], joins: [] }
  expect(planMarkdown(nothing, options)).toContain('Nothing to do')
  expect(planHtml(nothing, options)).toContain('Nothing to do')
  expect(planHtml(nothing, options)).not.toContain('<svg')
})

describe('nothing from a cluster becomes markup', () => {
  const hostile = `</span><script>alert(1)</script><img src=x onerror=y> " ' & [l](javascript:x) *b* \`\`\`\`\n# h\n\u001b[31m\u202e`
  const poison = (value: unknown): unknown => {
    if (typeof value === 'string') return `${value}${hostile}`
    if (Array.isArray(value)) return value.map(poison)
    if (typeof value === 'object' && value !== null)
      return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, poison(one)]))
    return value
  }
  const kept = ['kind', 'direction', 'families', 'by', 'until', 'encapsulation']
  const poisoned = JSON.parse(JSON.stringify(plan), (key, value: unknown) =>
    kept.includes(key) || typeof value === 'object' ? value : poison(value),
  ) as Plan

  test('in the page: no tag that is not ours, no control character', () => {
    const text = planHtml(poisoned, { ...options, version: hostile, at: hostile, fingerprint: hostile })
    expect(text).not.toMatch(/<script|<img|onerror=y>/)
    expect(text).toContain('&lt;script&gt;')
    for (const character of ['\u001b', '\u202e']) expect(text).not.toContain(character)
    const tags = [...text.matchAll(/<\/?([a-z][a-z0-9]*)/g)].map(match => match[1] ?? '')
    const clean = planHtml(plan, options)
    const ours = new Set([...clean.matchAll(/<\/?([a-z][a-z0-9]*)/g)].map(match => match[1] ?? ''))
    expect([...new Set(tags)].filter(tag => !ours.has(tag))).toEqual([])
    expect(tags.filter(tag => tag === 'span').length % 2).toBe(0)
  })

  test('in Markdown: no tag, no link, no heading, and no fence that ends early', () => {
    const text = planMarkdown(poisoned, { ...options, version: hostile })
    const outside = text.replaceAll(/^(`{3,})(?:diff|yaml)\n[\s\S]*?\n\1$/gm, '')
    expect(outside).not.toMatch(/<script|<img/)
    expect(outside).not.toMatch(/(?<!\\)\]\(javascript/)
    expect(outside).not.toMatch(/^# h/m)
    for (const character of ['\u001b', '\u202e']) expect(text).not.toContain(character)
  })
})

test('the page asks for nothing from anywhere, and its policy lets nothing in', () => {
  const text = planHtml(plan, options)
  expect(text).not.toMatch(/(?:src|href)=|url\(|@import|<script|<link/)
  expect(text).toContain("default-src 'none'")
  expect(text).toContain('prefers-color-scheme: dark')
  expect(text).toContain('@media print')
})

test('what looks confidential in a changed line is taken out by whoever makes the document', () => {
  const masked = { ...options, mask: (line: string) => line.replace('10.244.0.0/16', '…') }
  for (const text of [planHtml(plan, masked), planMarkdown(plan, masked)])
    expect(text).toContain('--cluster-cidr=…')
})

test('pictures are well-formed: every tag is closed', () => {
  for (const [svg] of planHtml(plan, options).matchAll(/<svg[\s\S]*?<\/svg>/g)) {
    const open: string[] = []
    for (const [, slash, name = '', self] of svg.matchAll(/<(\/?)([a-z]+)[^>]*?(\/?)>/g)) {
      if (slash === '/') expect(open.pop()).toBe(name)
      else if (self !== '/') open.push(name)
    }
    expect(open).toEqual([])
  }
})

test('the estimate grows with nodes and owners, and is never more than the limit', () => {
  const [first, second] = plan.steps
  expect(first && expectedOf(first, plan)).toEqual({ about: 40, most: 180 })
  expect(second && expectedOf(second, plan)).toEqual({ about: 20, most: 20 })
  const roll = step({ stage: 'cni-addresses', gates: first?.gates ?? [] })
  expect(expectedOf(roll, plan).about).toBe(30)
})

test('the tag escapes text, and leaves what it made itself', () => {
  expect(html`<b title="${'"<'}">${['a&b', html`<i>${1}</i>`, undefined, false]}</b>`.text).toBe(
    '<b title="&quot;&lt;">a&amp;b<i>1</i></b>',
  )
})
