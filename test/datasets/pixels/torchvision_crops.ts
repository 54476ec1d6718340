import { readFileSync } from 'node:fs'
import type { Rectangle } from '../../../datasets/pixels/rgb.js'

type Size = [number, number]

/** Digests of patterned pictures of a size, as torchvision 0.29.1 cuts them. */
interface TorchvisionCrops {
  test: { size: Size; imageSize: number; testCropRatio: number; digest: string }[]
  resized: { size: Size; part: Rectangle; imageSize: number; digest: string }[]
  tenCrop: { size: Size; part: Size; digests: string[] }[]
  centerCrop: { size: Size; part: Size; digest: string }[]
  mirror: { size: Size; digest: string }[]
}

const path = new URL('../../fixtures/torchvision_crops.json', import.meta.url)

export const CROPS: TorchvisionCrops = JSON.parse(readFileSync(path, 'utf8'))
