import { DataError } from '../errors.js'
import { faultList, SHOWN } from './fault_list.js'
import { type Tally, tallyUp } from './tally.js'

/** What makes an entry of a data set unusable. */
export interface Fault {
  /** The entry: `annotation 7 (image 3)`, `images[4]`. */
  subject: string
  /** Goes on after the subject. */
  what: string
  fix: string
  /** For a count of those that are dropped: reads after a number. */
  kind: string
}

/** The faults of a data set: entries that are refused, all in one error, or dropped and counted. */
export class Faults {
  private readonly file: string
  private readonly drop: boolean
  private readonly lines: string[] = []
  private count = 0
  private canDrop = true

  /** @param drop leaves out what can be left out. */
  constructor(file: string, { drop }: { drop: boolean }) {
    this.file = file
    this.drop = drop
  }

  /** Takes a fault that leaving its entry out would not fix. */
  add(fault: Omit<Fault, 'kind'>): void {
    this.canDrop = false
    this.keep(fault)
  }

  /** Takes a fault of an entry that can be left out, which `dropped` counts where it is. */
  addOrDrop(fault: Fault, dropped: Tally, id: string | number): void {
    if (this.drop) tallyUp(dropped, fault.kind, id)
    else this.keep(fault)
  }

  /** @throws DataError with the first ten faults, where there are any. */
  throwIfAny(): void {
    const { file, count, lines, canDrop } = this
    if (count === 0) return
    if (count === 1) throw DataError.of(`${file}: ${lines[0]}${canDrop ? orDrop(lines[0]) : ''}`)
    const fix = `repair them${canDrop ? ', or leave them out with data.invalid=drop' : ''}`
    throw new DataError(
      file,
      `${count} entries cannot be used`,
      `${fix}:${faultList(lines, count)}`,
    )
  }

  private keep({ subject, what, fix }: Omit<Fault, 'kind'>): void {
    if (this.lines.length < SHOWN) this.lines.push(`${subject} ${what}; ${fix}`)
    this.count++
  }
}

/** How a sentence goes on that may end with the advice already. */
function orDrop(sentence: string): string {
  const advice = 'leave it out'
  return sentence.endsWith(advice)
    ? ' with data.invalid=drop'
    : `, or ${advice} with data.invalid=drop`
}
