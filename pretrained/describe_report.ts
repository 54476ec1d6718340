import { type Miss, type PretrainedReport, tensorsOfModel } from './explain_match.js'

/** Largest number of names of a kind that are listed for each reason. */
const SHOWN = 3

/**
 * The report in lines for people: how much was loaded, then what was not, by reason.
 *
 * @param others what becomes of the tensors that are not loaded.
 */
export function reportLines(report: PretrainedReport, others = 'the others start anew'): string[] {
  const { path, key, prefix, source, loaded, notes } = report
  const { missing, unexpected, otherShape, otherClasses } = report
  const changed = new Map<string, string[]>()
  for (const { name, changed: words } of loaded) {
    if (words) changed.set(words, [...(changed.get(words) ?? []), name])
  }
  return [
    `${path}: ${loadedPart(report, others)}`,
    `  from: ${key === undefined ? '' : `${key}, `}${source}`,
    ...(prefix === undefined ? [] : [`  prefix cut off the names: ${prefix}`]),
    ...[...changed].map(([words, names]) => `  changed ${counted(names)}: ${words}`),
    ...missLines('missing', missing),
    ...missLines('unexpected', unexpected),
    ...missLines('of another shape', otherShape),
    ...missLines('of other classes', otherClasses),
    ...notes.map((note) => `  note: ${note}`),
  ]
}

/** Sentence such as `240 of 280 tensors loaded, the others start anew`. */
function loadedPart(report: PretrainedReport, others: string): string {
  const { loaded } = report
  const total = tensorsOfModel(report)
  const rest = total === loaded.length ? '' : `, ${others}`
  return `${loaded.length} of ${total} tensors loaded${rest}`
}

function missLines(kind: string, misses: readonly Miss[]): string[] {
  const byReason = new Map<string, string[]>()
  for (const { name, because = 'NOT EXPLAINED' } of misses) {
    byReason.set(because, [...(byReason.get(because) ?? []), name])
  }
  return [...byReason].map(([because, names]) => `  ${kind} ${counted(names)}: ${because}`)
}

function counted(names: readonly string[]): string {
  const rest = names.length > SHOWN ? ', ...' : ''
  return `${names.length} (${names.slice(0, SHOWN).join(', ')}${rest})`
}
