import type { CropRequest } from './classification/render_crops.js'
import { type RenderedBatch, type RenderRequest, renderImages, type SpareMemory } from './render.js'

/** What a worker can be asked for: pictures with objects, or classified ones. */
export type AnyRequest = RenderRequest | CropRequest

/** Renders what is asked for, as `renderImages` or `renderCrops` does. */
export async function renderBatch(
  request: AnyRequest,
  spare: SpareMemory = {},
): Promise<RenderedBatch> {
  if (!('crops' in request)) return renderImages(request, spare)
  const { renderCrops } = await import('./classification/render_crops.js')
  return renderCrops(request, spare.pixels)
}
