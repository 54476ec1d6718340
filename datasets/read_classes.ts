import { readAnnotationFile } from './annotation_file.js'
import { Faults } from './faults.js'
import { soundCategories } from './sound_entries.js'

/** The ids and names of a file's categories, in its order. */
export async function readClasses(annFile: string): Promise<{ id: number; name: string }[]> {
  const { categories } = await readAnnotationFile(annFile)
  const faults = new Faults(annFile, { drop: false })
  const sound = soundCategories(categories, faults)
  faults.throwIfAny()
  return sound.map(({ id, name }) => ({ id, name }))
}
