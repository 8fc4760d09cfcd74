/** The first line of the page: what is open, in a few words. */

import type { SourceDescription } from '../../../../src/protocol/source';
import { formatBytes, formatCount } from '../../../shared/formatNumber';
import { h } from '../../../shared/element';
import { showName } from '../../../shared/names';

export function sourceHead(description: SourceDescription): HTMLElement {
  const { title, method, kind, parameters, tensors, file, lora } = description;
  const facts = [
    `${formatCount(parameters)} ${parameters === 1 ? 'parameter' : 'parameters'}`,
    `${formatCount(tensors.length)} ${tensors.length === 1 ? 'tensor' : 'tensors'}`,
    lora.length > 1 &&
      `${formatCount(lora.length)} ${method === null || method === 'LORA' ? 'LoRA modules' : 'modules'}`,
    file && formatBytes(file.bytes),
    file?.format,
  ].filter((fact): fact is string => typeof fact === 'string');
  const name = h('h1', { title: file?.path ?? title });
  showName(name, title);
  return h(
    'header',
    { class: 'source-head' },
    name,
    h('span', { class: 'badge' }, method ?? (kind === 'demo' ? 'demo' : 'checkpoint')),
    h('span', { class: 'facts-line' }, facts.join(' · ')),
  );
}
