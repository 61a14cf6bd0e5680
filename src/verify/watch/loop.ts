import { quote } from '../../world/nodes/quote.ts'

/** Kept free for the losses of hours; after that they are counted and not written down. */
const mostBytes = 4_000_000

export interface LoopOptions {
  /** Folder of its own in the container; a tmpfs, so that a read-only root is enough. */
  readonly folder: string
  /** Seconds between two requests, at least. */
  readonly every: number
  /** Seconds after which a request counts as lost. */
  readonly limit: number
  /** Seconds after which it ends by itself when nobody has asked what it saw: whoever started it is dead. */
  readonly patience: number
  /** Each an argv whose exit code is 0 for an answer. */
  readonly commands: readonly (readonly string[])[]
}

/**
 * POSIX sh that asks again and again. Moments are the kernel's uptime, so that it does not matter what a node thinks the time is; whoever
 * collects knows both clocks. The pause comes after each request: never more of them than agreed, whatever they take.
 */
export const loopScript = ({ folder, every, limit, patience, commands }: LoopOptions): string =>
  `trap '' HUP
dir=${quote(folder)}
cd "$dir" || exit 1
sent=0
one() {
  [ -e on ] && read -r heard <heard || exit 0
  read -r at rest </proc/uptime
  [ $((\${at%.*} - \${heard%.*})) -lt ${Math.ceil(patience)} ] || { cd /; rm -rf "$dir"; exit 0; }
  index=$1
  shift
  said=$(timeout ${limit} "$@" 2>&1)
  code=$?
  sent=$((sent + 1))
  echo "$sent" >sent
  if [ "$code" -ne 0 ]; then
    read -r now rest </proc/uptime
    if [ "$(wc -c <lost)" -lt ${mostBytes} ]; then
      said=$(printf '%s' "$said" | tr '\\n\\r\\t' '   ' | tail -c 200)
      printf '%s %s %s %s %s\\n' "$index" "$at" "$now" "$code" "$said" >>lost
    fi
  fi
  # Where sleep takes no fractions: rather slower than without a pause.
  sleep ${every.toFixed(3)} 2>/dev/null || sleep ${Math.max(1, Math.ceil(every))}
}
while :; do
${commands.map((command, index) => `  one ${index} ${command.map(quote).join(' ')}\n`).join('')}done
`

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

/** Says the uptime, how many were sent, and the losses from byte $1 (counted from 1) on; exit code 3: no loop is there. */
export const collectScript = `cd "$0" 2>/dev/null && [ -e on ] || exit 3
read -r now rest </proc/uptime
echo "$now" >heard.new && mv heard.new heard
sent=$(cat sent)
echo "$now \${sent:-0}"
tail -c "+$1" lost
`

/** The loop sees that it is over before its next request; its folder goes at once. */
export const stopScript = `rm -rf "$0"`
