/** Whether the plan fits on the GPU, in one line that stays in view. */

import type { PlanReport } from '../../../src/protocol/plan';
import { h, replace } from '../../shared/element';
import { verdictOf } from './memoryBar';

interface FitBar {
  readonly root: HTMLElement;
  show(report: PlanReport): void;
}

/** `gpu` is the field that names the GPU. */
export function fitBar(gpu: HTMLElement): FitBar {
  const text = h('p', { class: 'fit-text', role: 'status' });
  return {
    root: h('div', { class: 'fit-bar' }, h('label', { class: 'fit-gpu' }, h('span', {}, 'Does it fit?'), gpu), text),
    show({ memory, memoryProblem, problem, standIn }) {
      const why = memoryProblem ?? problem;
      replace(text, memory ? verdictOf(memory, standIn) : (why?.message ?? ''));
      text.classList.toggle(
        'over',
        memory !== null && memory.gpuBytes !== null && memory.deviceBytes > memory.gpuBytes,
      );
    },
  };
}
