import { fileURLToPath } from 'node:url'

/** Path of a checkpoint that `make_pth.py` or `make_official_pth.py` has made. */
export function pthFixture(name: string): string {
  return fileURLToPath(new URL(`../fixtures/pth/${name}.pth`, import.meta.url))
}
