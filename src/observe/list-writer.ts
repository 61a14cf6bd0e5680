import { type FileHandle, mkdir, open } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { KubeObject } from '../model/cluster.ts'

/** Enough to be one write a page; little enough that 150,000 pods never lie in memory. */
const chunk = 256 * 1024

/** Writes a list as the API server answers it, one item a line, while its pages come. */
export class ListWriter {
  private waiting: string[] = []
  private size = 0
  private items = 0

  private constructor(private readonly file: FileHandle) {}

  static async create(path: string): Promise<ListWriter> {
    await mkdir(dirname(path), { recursive: true })
    const writer = new ListWriter(await open(path, 'wx'))
    writer.push('{"kind":"List","apiVersion":"v1","metadata":{},"items":[')
    return writer
  }

  async add(object: KubeObject): Promise<void> {
    this.push(`${this.items++ === 0 ? '' : ','}\n${JSON.stringify(object)}`)
    if (this.size > chunk) await this.flush()
  }

  async end(): Promise<void> {
    this.push(this.items === 0 ? ']}\n' : '\n]}\n')
    await this.flush()
    await this.file.close()
  }

  /** For a reading that failed: the file is going to be thrown away. */
  async abandon(): Promise<void> {
    await this.file.close().catch(() => {})
  }

  private push(text: string): void {
    this.waiting.push(text)
    this.size += text.length
  }

  private async flush(): Promise<void> {
    const text = this.waiting.join('')
    this.waiting = []
    this.size = 0
    await this.file.appendFile(text)
  }
}
