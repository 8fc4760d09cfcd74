/**
 * Bottleneck adapters as AdapterHub's library stores them: `...output.adapters.NAME.adapter_down.0.weight` (bottleneck,
 * width) and `adapter_up.weight` (width, bottleneck), both transposed: x is multiplied by their transposes. If a norm
 * precedes the bottleneck, the projection is `adapter_down.1`.
 */

import type { BottleneckInfo } from '../sourceDescription';
import { finite } from '../../peftConfig/adapterConfig';
import { isObject } from '../../peftConfig/configValues';
import type { AdapterConfig } from '../../peftConfig/adapterConfig';
import type { AdapterParts } from './adapterParts';

/** Non-linearities of the configurations that a config refers to by name. */
const NAMED: ReadonlyMap<string, string> = new Map([
  ['pfeiffer', 'relu'],
  ['seq_bn', 'relu'],
  ['houlsby', 'swish'],
  ['double_seq_bn', 'swish'],
  ['parallel', 'relu'],
  ['par_bn', 'relu'],
]);

export function describeBottlenecks({ parts }: AdapterParts, config: AdapterConfig | null): BottleneckInfo[] {
  const method = config?.get('config');
  const settings = isObject(method) ? method : {};
  const named = typeof method === 'string' ? method : null;
  const said = settings['non_linearity'];
  const nonLinearity = typeof said === 'string' ? said : named === null ? undefined : NAMED.get(named);
  const parallel = settings['is_parallel'] === true || named === 'parallel' || named === 'par_bn';
  const scaling = finite(settings['scaling']);

  return parts.flatMap(({ module, style, tensors }): BottleneckInfo[] => {
    if (style !== 'adapterhub') return [];
    const down = ['down.0', 'down.1', 'down']
      .map((key) => tensors.get(key))
      .find((found) => found?.entry.shape.length === 2);
    const up = tensors.get('up');
    if (!down?.entry.readable || !up?.entry.readable) return [];
    const [bottleneckDim = 0, dModel = 0] = down.entry.shape;
    const [outWidth, outBottleneck] = up.entry.shape;
    if (
      up.entry.shape.length !== 2 ||
      outWidth !== dModel ||
      outBottleneck !== bottleneckDim ||
      bottleneckDim * dModel === 0
    )
      return [];
    const downBias = tensors.get('downBias.0') ?? tensors.get('downBias.1') ?? tensors.get('downBias');
    const upBias = tensors.get('upBias');
    const placement = placed(module, parallel) + (scaling !== null && scaling !== 1 ? `, scaled by ${scaling}` : '');
    return [
      {
        module,
        dModel,
        bottleneckDim,
        wDown: down.entry.name,
        wUp: up.entry.name,
        transposed: true,
        ...(downBias && { downBias: downBias.entry.name }),
        ...(upBias && { upBias: upBias.entry.name }),
        ...(nonLinearity !== undefined && { nonLinearity }),
        placement,
      },
    ];
  });
}

function placed(module: string, parallel: boolean): string {
  const beside = /attention/.test(module) ? 'the attention' : 'the feed-forward block';
  return parallel ? `parallel to ${beside}` : `after ${beside}`;
}
