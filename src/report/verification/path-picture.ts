import type { Answer, Place } from '../../model/verification.ts'
import { type Html, html } from '../html.ts'
import { printable } from '../printable.ts'
import { shortened } from './matrix-picture.ts'
import { addressText, placeText } from './words.ts'

interface Stop {
  readonly title: string
  readonly name: string
  /** Layers that bring a packet from the stop before to this one. */
  readonly by: (layer: string) => boolean
}

const width = 150
const gap = 54
const height = 92

const never = (): boolean => false
const isCni = (layer: string): boolean => layer.startsWith('cni-')
const isHost = (layer: string): boolean => layer === 'host' || layer === 'kubelet'
const isService = (layer: string): boolean =>
  ['kube-proxy', 'services', 'kube-apiserver', 'kube-controller-manager'].includes(layer)

const titles: Readonly<Record<Place['kind'], string>> = {
  pod: 'pod',
  node: 'node',
  service: 'Service',
  ingress: 'Ingress',
  dns: 'DNS server',
  'api-server': 'API server',
  outside: 'outside',
}

/** The way of one probe from where it started to where it should have come: between which stops it probably got lost. */
export function pathPicture({ ask, layer }: Answer): Html {
  const stops = stopsOf(ask.from, ask.to)
  // Without a guess, or with one that is on no hop of this way, nobody knows more than that the end was not reached.
  const guess = layer === undefined ? -1 : stops.findIndex(stop => stop.by(layer))
  const lost = guess > 0 ? guess : stops.length - 1
  const whole = stops.length * width + (stops.length - 1) * gap
  const isDenied = ask.expect === 'denied'
  const said = isDenied ? 'came through, and should not have' : 'no way through'
  return html`<svg viewBox="0 0 ${whole} ${height}" style="max-width: ${whole}px; min-width: 0" role="img" aria-label="${placeText(ask.from)} to ${placeText(ask.to)}: ${said}">
${stops.map(({ title, name }, index) => {
  const x = index * (width + gap)
  const isBad = !isDenied && index === lost
  const before = x - gap
  const arrow =
    index > 0 &&
    html`<path class="${isBad ? 'broken' : 'arrow'}" d="M${before + 4} 32H${x - 6}m-6 -5l6 5l-6 5"/>${isBad && html`<text class="bad" x="${before + gap / 2}" y="24" text-anchor="middle">✕</text>`}`
  return html`${arrow}<rect class="${index === stops.length - 1 ? (isDenied ? 'fail' : 'box') : 'box'}" x="${x + 1}" y="8" width="${width - 2}" height="48" rx="6"/><text class="soft" x="${x + width / 2}" y="26" text-anchor="middle">${title}</text><text x="${x + width / 2}" y="44" text-anchor="middle">${shortened(printable(name), 20)}<title>${name}</title></text>
`
})}<text class="soft" x="0" y="80">${ask.family} ${ask.protocol}${ask.address !== undefined && ` to ${addressText(ask)}`}${layer !== undefined && `; likely layer: ${layer}`}</text></svg>`
}

function stopsOf(from: Place, to: Place): readonly Stop[] {
  const start: Stop = { title: titles[from.kind], name: from.name, by: never }
  const own: Stop[] =
    from.kind === 'pod' && from.node !== undefined ? [{ title: 'its node', name: from.node, by: isCni }] : []
  const isSame = from.node !== undefined && from.node === to.node
  const far: Stop[] =
    to.kind === 'pod' && to.node !== undefined && !isSame
      ? // Between two nodes a packet is carried by the CNI (routes, tunnels) over what the hosts are.
        [
          {
            title: 'node of the target',
            name: to.node,
            by: layer => isHost(layer) || (isCni(layer) && own.length > 0),
          },
        ]
      : []
  const stops = [start, ...own, ...far]
  const end: Stop = {
    title: titles[to.kind],
    name: to.name,
    by: layer => isService(layer) || layer === to.kind || isCni(layer) || isHost(layer),
  }
  // With the far node on the way, it is the hop between the nodes that a CNI is first to blame for.
  const first =
    far.length > 0 && own.length > 0
      ? stops.map(stop => (stop === own[0] ? { ...stop, by: never } : stop))
      : stops
  return [...first, end]
}
