import type { Event } from '../../model/event.ts'

/** Which steps of a run were under way when: so that a loss, which is heard of later, finds the step that it fell into. */
export class StepTimes {
  readonly #spans: { readonly step: string; readonly from: number; to: number }[] = []

  on(event: Event): void {
    const at = Date.parse(event.at)
    if (event.kind === 'intend') this.#spans.push({ step: event.step, from: at, to: Infinity })
    // A run that stopped or closed has nothing under way any more.
    const isOver = event.kind === 'stopped' || event.kind === 'closed' || event.kind === 'superseded'
    for (const span of this.#spans) {
      const ends = isOver || (event.kind === 'settled' && event.step === span.step)
      if (ends && span.to === Infinity) span.to = at
    }
  }

  /** Ids of the steps under way at some moment of a span, in the order in which they began. Milliseconds since the epoch. */
  during(from: number, to: number): readonly string[] {
    return [
      ...new Set(this.#spans.filter(span => span.from <= to && from <= span.to).map(({ step }) => step)),
    ]
  }
}
