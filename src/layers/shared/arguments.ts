/**
 * The flags among a component's arguments, as pflag takes them: `--name=value`, `--name value`, `--name` (true); of a repeated one the last
 * counts. Underscores are dashes. The program itself may stand in front.
 */
export function readArguments(argv: readonly string[]): ReadonlyMap<string, string> {
  const flags = new Map<string, string>()
  argv.forEach((word, index) => {
    const match = /^--([^=]+)(?:=(.*))?$/s.exec(word)
    const name = match?.[1]?.replaceAll('_', '-')
    if (name === undefined) return
    const next = argv[index + 1]
    flags.set(name, match?.[2] ?? (next === undefined || next.startsWith('-') ? 'true' : next))
  })
  return flags
}
