import type { BenchmarkMachine } from '../../benchmark/benchmark_document.js'
import { formatNumber } from '../format.js'
import { type Html, html } from '../html.js'

/** What a machine is made of, by name. */
export function machineFacts(machine: BenchmarkMachine): [name: string, value: string][] {
  const { cpu, cores, memoryGiB, os, node, onnxruntime, threads, gpu, driver } = machine
  return [
    ...(gpu ? [['GPU', `${gpu}${driver ? `, driver ${driver}` : ''}`] as [string, string]] : []),
    [
      'processor',
      `${cpu}, ${cores} ${cores === 1 ? 'core' : 'cores'}, ${formatNumber(memoryGiB, 'short')} GiB`,
    ],
    [
      'software',
      `${os}, Node.js ${node}, ONNX Runtime ${onnxruntime}, ${threads} ${threads === 1 ? 'thread' : 'threads'}`,
    ],
  ]
}

export function factsList(facts: readonly [string, string][]): Html {
  return html`<dl class="facts">${facts.map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>`
}
