export async function leftovers(): Promise<string[]> {
  return []
}
