import type { Watched } from '../../model/watch.ts'
import { type Html, html } from '../html.ts'
import { page } from '../page.ts'
import { listed } from '../printable.ts'
import { lossesByPath, watchedVerdict } from './watched.ts'
import { askText } from './words.ts'

/** Beyond these a page would be slow to open; the JSON has them all. */
const mostLosses = 1000

/** A watch as one page that needs nothing else: to hand on, to print. */
export const watchedHtml = (watched: Watched): string => page('Traffic while it changed', body(watched))

function body(watched: Watched): Html {
  const { from, to, sent, asks, lost, more, unheard, unwatched } = watched
  const all = lost.length + more
  return html`<h1>Traffic while it changed</h1>
<p class="soft">${watchedVerdict(watched)}</p>
<div class="cards">${card('Requests', sent)}${card('Lost', all)}${card('Paths', asks.length)}</div>
<dl><dt>from</dt><dd>${from}</dd>
<dt>to</dt><dd>${to}</dd>
</dl>
<h2>Paths that lost something</h2>
${all === 0 ? html`<p>None.</p>` : pathTable(watched)}
${more > 0 && html`<p>The first ${lost.length} losses were kept; ${more} more were counted.</p>`}
${
  unheard.length > 0 &&
  html`<h2>Not all is known of</h2>
<ul>${unheard.map(
    ({ place, reason }) => html`<li>${place}: ${reason}</li>
`,
  )}</ul>`
}
${
  unwatched.length > 0 &&
  html`<h2>Not watched: failed before it began</h2>
<ul>${unwatched.map(
    ({ ask, seen }) => html`<li>${ask.scenario} ${ask.family}: ${askText(ask)}: ${seen}</li>
`,
  )}</ul>`
}
<h2>Each loss</h2>
${lost.length === 0 ? html`<p>None.</p>` : lossTable(watched)}
<h2>Every path</h2>
<details><summary>All ${asks.length}</summary>
<ul>${asks.map(
    ask => html`<li>${ask.scenario} ${ask.family} ${ask.protocol}: ${askText(ask)}</li>
`,
  )}</ul>
</details>`
}

const card = (name: string, value: number): Html =>
  html`<div class="card"><span class="soft">${name}</span><b>${value}</b></div>`

const pathTable = ({ lost }: Watched): Html =>
  html`<table><thead><tr><th>Path</th><th>Lost</th><th>First (UTC)</th><th>Last</th><th>Seen</th><th>During</th></tr></thead><tbody>
${lossesByPath(lost).map(
  ({ path, count, first, last, seen, during }) =>
    html`<tr><td>${path}</td><td>${count}</td><td>${first}</td><td>${last}</td><td>${seen}</td><td>${during}</td></tr>
`,
)}</tbody></table>`

const lossTable = ({ lost }: Watched): Html =>
  html`${lost.length > mostLosses && html`<p>The first ${mostLosses} of ${lost.length}.</p>`}
<table><thead><tr><th>Sent at</th><th>Path</th><th>Seen</th><th>During</th></tr></thead><tbody>
${lost.slice(0, mostLosses).map(
  ({ ask, at, seen, during }) =>
    html`<tr><td>${at}</td><td>${ask.scenario} ${ask.family}: ${askText(ask)}</td><td>${seen}</td><td>${listed(during)}</td></tr>
`,
)}</tbody></table>`
