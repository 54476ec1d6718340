import type { BenchmarkEntry } from '../../benchmark/benchmark.js'
import { hasDeployForm, loadModel, mergeModel } from '../../experiments/load_detector.js'
import type { Config, Form } from '../../registry.js'
import { networkNames } from './network_names.js'

/** A config, and what its file is called. */
export interface NamedConfig {
  path: string
  name: string
  config: Config
}

export interface EntryOptions {
  /** A file, or `random`. */
  checkpoint: string
  /** The form to time, of networks that have two. @default both */
  form?: Form
}

/**
 * The models of configs in the forms that are asked for; one is let go of before the next is
 * loaded.
 */
export async function* benchmarkEntries(
  configs: readonly NamedConfig[],
  { checkpoint, form }: EntryOptions,
): AsyncGenerator<BenchmarkEntry> {
  for (const { name, config } of configs) {
    const loaded = await loadModel(config, checkpoint)
    const common = { config: name, ...networkNames(config), weights: checkpoint }
    const entry = (form: Form) => ({ ...common, form, detector: loaded.model })
    if (!hasDeployForm(loaded.model)) {
      yield entry('deploy')
      continue
    }
    if (loaded.form === 'deploy') {
      if (form === 'train') await loadModel(config, checkpoint, { form }) // reports why not
      yield entry('deploy')
      continue
    }
    if (form !== 'deploy') yield entry('train')
    if (form === 'train') continue
    await mergeModel(loaded) // in place: whoever times the training form has its graph by now
    yield entry('deploy')
  }
}
