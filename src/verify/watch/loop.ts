import type { Ask } from '../../model/verification.ts'
import { quote } from '../../world/nodes/quote.ts'
import { askFunctions, askWords } from '../client/script.ts'
import { patience } from '../client/wire.ts'
import { signsOf } from './signs.ts'

/** Kept free for the losses of hours; after that they are counted and not written down. */
const mostBytes = 4_000_000

export interface LoopOptions {
  /** Folder of its own in the container; a tmpfs, so that a read-only root is enough. */
  readonly folder: string
  /** Seconds between two requests, at least. */
  readonly every: number
  /** Seconds after which it ends by itself when nobody has asked what it saw: whoever started it is dead. */
  readonly forsaken: number
  readonly asks: readonly Ask[]
  /** The image is agnhost: it asks by UDP, when it is told to by HTTP. A netcat would keep the loop waiting after each answer. */
  readonly isAgnhost: boolean
}

/**
 * POSIX sh that asks again and again, with the client that a verification asks with. Moments are the kernel's uptime, so that it does not
 * matter what a node thinks the time is; whoever collects knows both clocks. The pause comes after each request: never more of them than
 * agreed, whatever they take.
 */
export const loopScript = ({ folder, every, forsaken, asks, isAgnhost }: LoopOptions): string =>
  `trap '' HUP
dir=${quote(folder)}
cd "$dir" || exit 1
STEP=1
DIAL=${patience}
${askFunctions()}
${isAgnhost ? 'has_udp=\n' : ''}# The loop looks at the kernel's uptime by itself.
now() { echo 0; }
sent=0
one() {
  [ -e on ] && read -r heard <heard || exit 0
  read -r at rest </proc/uptime
  [ $((\${at%.*} - \${heard%.*})) -lt ${Math.ceil(forsaken)} ] || { cd /; rm -rf "$dir"; exit 0; }
  good=$1
  bad=$2
  index=$3
  shift 2
  said=$(ask "$@" </dev/null)
  sent=$((sent + 1))
  echo "$sent" >sent
  case $said in
    $bad) fine= ;;
    $good) fine=1 ;;
    *) fine= ;;
  esac
  if [ -z "$fine" ]; then
    read -r now rest </proc/uptime
    if [ "$(wc -c <lost)" -lt ${mostBytes} ]; then printf '%s %s %s %s\\n' "$index" "$at" "$now" "\${said#@* * }" >>lost; fi
  fi
  # Where sleep takes no fractions: rather slower than without a pause.
  sleep ${every.toFixed(3)} 2>/dev/null || sleep ${Math.max(1, Math.ceil(every))}
}
while :; do
${asks.map((ask, index) => `  one ${line(ask, index, isAgnhost)}\n`).join('')}done
`

function line(ask: Ask, index: number, isAgnhost: boolean): string {
  const { good, bad } = signsOf(ask, isAgnhost)
  return `${quote(good)} ${quote(bad)} ${askWords(ask, index)}`
}

/** Reads the loop's script from stdin, and starts it so that it outlives this command. */
export const startScript = `set -e
rm -rf "$0"
mkdir -p "$0"
cd "$0"
cat >loop
: >lost
: >on
echo 0 >sent
read -r now rest </proc/uptime
echo "$now" >heard
sh ./loop </dev/null >/dev/null 2>&1 &
`

/** Says the uptime, how many were sent, and what was not surely well from byte $1 (counted from 1) on; exit code 3: no loop is there. */
export const collectScript = `cd "$0" 2>/dev/null && [ -e on ] || exit 3
read -r now rest </proc/uptime
echo "$now" >heard.new && mv heard.new heard
sent=$(cat sent)
echo "$now \${sent:-0}"
tail -c "+$1" lost
`

/** The loop sees that it is over before its next request; its folder goes at once. */
export const stopScript = `rm -rf "$0"`
