import { ConfigError } from '../../errors.js'
import { checkpointFile } from '../../experiments/load_detector.js'
import { replacedInput } from './output_file.js'

/** What a CHECKPOINT argument takes, for `--help`. */
export const CHECKPOINT_HELP =
  'a weights file (.safetensors, .pth), a work dir for its newest, or random for new weights'

/**
 * Refuses an output that would replace a file that the command reads.
 *
 * @param name of the argument or option that gives the output.
 */
export async function requireApart(
  name: string,
  output: string,
  checkpoint: string,
  others: readonly string[] = [],
): Promise<void> {
  const file = await checkpointFile(checkpoint)
  const inputs = file === undefined ? others : [file, ...others]
  const replaced = await replacedInput([output], inputs)
  if (replaced !== undefined) {
    throw new ConfigError(name, `would replace ${replaced}`, 'give another path')
  }
}
