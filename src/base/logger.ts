/** Where a library's words go: the caller's choice. Never secrets, never file contents. */
export interface Logger {
  error(message: string): void
  warn(message: string): void
  info(message: string): void
  debug(message: string): void
  trace(message: string): void
}

const nothing = () => {}
export const silentLogger: Logger = {
  error: nothing,
  warn: nothing,
  info: nothing,
  debug: nothing,
  trace: nothing,
}
