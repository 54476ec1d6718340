/** Adds up wall time and the processor's, of all threads, over several stretches. */
export class Stopwatch {
  seconds = 0
  cpuSeconds = 0

  async time<T>(work: () => T | Promise<T>): Promise<T> {
    const start = performance.now()
    const before = process.cpuUsage()
    const result = await work()
    const { user, system } = process.cpuUsage(before)
    this.seconds += (performance.now() - start) / 1000
    this.cpuSeconds += (user + system) / 1e6
    return result
  }
}
