import type { Kind, RunReport } from './document.js'

/**
 * AP of a run's last evaluation, or else of the results in its work dir; undefined where there is
 * neither.
 */
export function lastAp({ evaluation, detections }: RunReport, kind: Kind): number | undefined {
  const metrics = evaluation.evaluations.at(-1)?.[kind] ?? detections[kind]?.metrics
  return metrics === undefined || metrics.AP === -1 ? undefined : metrics.AP
}

/** Top-1 accuracy of a run's last evaluation, or else of the predictions in its work dir. */
export function lastTop1({ evaluation, classification }: RunReport): number | undefined {
  return evaluation.evaluations.at(-1)?.top1 ?? classification?.accuracy?.top1
}
