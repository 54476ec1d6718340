export { type DrawnBatch, drawBatchImage } from './draw_batch.js'
export {
  type DrawDetectionsOptions,
  type DrawnDetection,
  drawDetections,
} from './draw_detections.js'
export { type DrawHeatMapOptions, drawHeatMap } from './draw_heat_map.js'
export { encodeJpeg } from './encode_image.js'
export { frameMask } from './frame_mask.js'
export { heatColor } from './heat_colors.js'
export { type Color, classColor } from './palette.js'
export type { RgbImage } from './rgb_image.js'
