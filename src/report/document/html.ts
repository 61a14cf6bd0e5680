import type { Plan } from '../../model/plan.ts'
import { type Html, html } from '../html.ts'
import { page } from '../page.ts'
import { recipeOf } from '../recipe.ts'
import { seconds } from '../printable.ts'
import { contentOf, type Content, type DocumentOptions, type StepContent } from './content.ts'
import { roughly } from './expected.ts'
import { layerPicture } from './layer-picture.ts'
import { timeline } from './timeline.ts'

/** A plan as one page for those who must agree to it: to open in a browser, to send, to print. */
export function planHtml(plan: Plan, options: DocumentOptions): string {
  const content = contentOf(plan, options)
  return page(content.title, body(content))
}

function body(content: Content): Html {
  const { facts, figures, interruptions, joins, lead, notices, stages, stays, title } = content
  if (stages.length === 0)
    return html`<h1>${title}</h1>
<p>Nothing to do: the cluster is at this goal.</p>
${factList(facts)}${section('For nodes that join later', joins.map(recipe), recipes => html`${recipes}`)}`
  return html`<h1>${title}</h1>
<p class="soft">${lead}</p>
<div class="cards">${figures.map(([name, value]) => html`<div class="card"><span class="soft">${name}</span><b>${value}</b></div>`)}</div>
${factList(facts)}
<h2>What changes</h2>
${layerPicture(content)}
<h2>Order and time</h2>
${timeline(content)}
<p class="soft">Times are what such steps took in the lab, times what is there: busy machines, slow probes and disruption budgets make them longer.</p>
<h2>What is felt</h2>
${
  interruptions.length === 0
    ? html`<p>Nothing.</p>`
    : html`<table><thead><tr><th>Step</th><th>What</th><th>How long</th></tr></thead><tbody>
${interruptions.map(
  ({
    step,
    what,
    seconds: length,
  }) => html`<tr><td class="number">${step}</td><td>${what}</td><td>${seconds(length)}</td></tr>
`,
)}</tbody></table>`
}
<h2>What the way back cannot remove</h2>
${
  stays.length === 0
    ? html`<p>Nothing: the way back leads to what is there now.</p>`
    : html`<div class="warn"><ul>${stays.map(({ step, what }) => html`<li>${what} <span class="soft">(step ${step})</span></li>`)}</ul></div>`
}
${section(
  'To know: left alone, or not as it was',
  notices.map(
    ({
      objects,
      message,
      remedy,
    }) => html`<tr><td>${objects.join(', ')}</td><td>${message}${remedy !== undefined && html`<br><span class="soft">${remedy}</span>`}</td></tr>
`,
  ),
  rows =>
    html`<table><thead><tr><th>What</th><th>Why, and what to do</th></tr></thead><tbody>${rows}</tbody></table>`,
)}
<h2>Every step</h2>
${stages.map(
  stage => html`<h3>${stage.id}</h3>
<p class="soft">${stage.because}</p>
${stage.steps.map(stepBox)}`,
)}
${section('For nodes that join later', joins.map(recipe), recipes => html`${recipes}`)}
<h2>Agreed</h2>
<table><thead><tr><th>Name</th><th>Date</th><th>Signature</th></tr></thead><tbody><tr><td>&nbsp;</td><td></td><td></td></tr><tr><td>&nbsp;</td><td></td><td></td></tr></tbody></table>`
}

const factList = (facts: Content['facts']): Html =>
  html`<dl>${facts.map(
    ([name, value]) => html`<dt>${name}</dt><dd>${value}</dd>
`,
  )}</dl>`

const section = (title: string, items: readonly Html[], around: (items: readonly Html[]) => Html): Html =>
  items.length === 0
    ? html``
    : html`<h2>${title}</h2>
${around(items)}`

function stepBox({ number, step, expected, diff, follows }: StepContent): Html {
  return html`<details open id="step-${number}"><summary>${number}. ${step.title} <span class="soft">${step.id}, about ${roughly(expected.about)}</span></summary>
<dl><dt>why</dt><dd>${step.why}</dd>
${step.interrupts.map(
  ({ what, seconds: length }) => html`<dt>interrupts</dt><dd>${what} (${seconds(length)})</dd>
`,
)}${step.leaves.map(
  what => html`<dt>leaves</dt><dd>${what}</dd>
`,
)}${follows.map(
  what => html`<dt>then</dt><dd>${what}</dd>
`,
)}${[...step.needs, ...step.gates].map(
  gate => html`<dt>waits</dt><dd>until ${gate.id} holds, up to ${seconds(gate.within)}: ${gate.because}</dd>
`,
)}${
  step.guard !== undefined &&
  html`<dt>guard</dt><dd>${step.guard.node} undoes it by itself after ${seconds(step.guard.within)}, unless it is confirmed</dd>
`
}</dl>
${
  diff.length > 0 &&
  html`<pre>${diff.map(line => html`<span class="${kindOf(line)}">${line === '' ? ' ' : line}</span>`)}</pre>
`
}</details>
`
}

function recipe(text: string): Html {
  const { title, lines } = recipeOf(text)
  return html`<p>${title}</p>
${
  lines.length > 0 &&
  html`<pre>${lines.map(line => html`<span>${line}</span>`)}</pre>
`
}`
}

const kindOf = (line: string): string => {
  if (line.startsWith('--- ')) return 'file'
  if (line.startsWith('@@')) return 'place'
  if (line.startsWith('+')) return 'add'
  if (line.startsWith('-')) return 'cut'
  return 'value'
}
