/**
 * Weights of PyTorch's to ours: a `.pth` or `.safetensors` file, with the names of the official
 * VanillaNet, the Swin repository, timm, torchvision or mmdetection, to a `.safetensors` file with
 * our names.
 *
 * With --json:
 * `{ "out", "path", "key"?, "prefix"?, "source", "loaded": [{ "name", "from", "changed"? }],
 * "missing": [{ "name", "because" }], "unexpected": [...],
 * "otherShape": [{ "name", "found", "expected", "because" }], "notes": [...], "classes"? }`,
 * of which `classes` are their names by label.
 */
import { ConfigError } from '../errors.js'
import { loadConfig } from '../experiments/load.js'
import { matchForm } from '../experiments/match_form.js'
import { reportLines } from '../pretrained/describe_report.js'
import { requireExplained } from '../pretrained/explain_match.js'
import { matchSource } from '../pretrained/load_pretrained.js'
import { readPretrained } from '../pretrained/read_pretrained.js'
import { findCheckpoint } from '../training/find_checkpoint.js'
import { writePretrained } from '../weights/write_pretrained.js'
import { command, run } from './cli/command.js'
import { replacedInput, requireWritable } from './cli/output_file.js'

interface Flags {
  config?: string
  cfgOptions: string[]
  key?: string
  json?: boolean
}

const program = command(
  'convert_checkpoint',
  'Converts weights of PyTorch, and says what of them fits a model. Nothing that a pickle asks for is run.',
)
  .argument('<in>', 'a weights file (.pth, .safetensors), or a work dir for its newest checkpoint')
  .argument('<out>', 'the .safetensors file to write')
  .option('--config <config>', 'compare with its model, and write what fits')
  .option('--cfg-options <k=v...>', 'set config options, such as model.numClasses=2', [])
  .option(
    '--key <name>',
    'where the weights are in the file, such as model_ema; else the best is taken',
  )
  .option('--json', 'print one JSON document on standard output, all else on standard error')

await run<Flags>(program, async ([given, out], { config: configPath, cfgOptions, key }, say) => {
  const path = await findCheckpoint(given)
  if (await replacedInput([out], [path])) {
    throw new ConfigError('OUT', `would replace ${path}`, 'give another path')
  }
  const config = configPath === undefined ? undefined : await loadConfig(configPath, cfgOptions)
  await requireWritable(out)
  const pretrained = await readPretrained(path, { key })
  const { report, tensors } = config ? matchForm(config.model, pretrained) : matchSource(pretrained)
  for (const line of reportLines(report, 'the others are left out')) say(line)
  if (config) requireExplained(report)
  await writePretrained(out, tensors, pretrained)
  say(`${out}: ${Object.keys(tensors).length} tensors`)
  return { out, ...report }
})
