export async function doctor(): Promise<{ text: string; ok: boolean }> {
  return { text: 'not written yet', ok: true }
}
