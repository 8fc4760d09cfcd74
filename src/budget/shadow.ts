/** Shadow tuning adds an update network to each target, and one small copy of the model. */

import type { Extra } from './adapterExtras';
import type { AdapterSettings } from '../peftConfig/adapterSettings';
import { selectTargets, withContainers } from './adapterTargets';
import { TargetError, UnknownMethodError } from './errors';
import type { Part } from './methods/method';
import { asBase, trained } from './methods/method';
import { readModelShape } from './readModelShape';
import type { Module, ModuleTable } from './moduleTable';
import { buildModuleTable, moduleTensors } from './moduleTable';

/** Layers of the copy if the config does not state them. */
const DEFAULT_LAYERS = 1;

/** Returns the modules that the config names, or whole layers if it names none. */
export function shadowTargets(model: ModuleTable, settings: AdapterSettings): readonly Module[] {
  if (settings.raw('target_modules') !== null)
    return selectTargets(model, settings, 'SHADOW', { accepts: ['linear', 'conv1d', 'parameters'] }, null);
  const layers = withContainers(model).filter(({ name }) => /(^|\.)(layers|h)\.\d+$/.test(name));
  if (layers.length === 0) throw new TargetError('SHADOW needs a list of layers named layers or h');
  return layers;
}

export function shadowParts(
  model: ModuleTable,
  settings: AdapterSettings,
): { readonly perModule: readonly Part[]; readonly backbone: readonly Extra[] } {
  for (const key of ['shadow_hidden_size', 'shadow_num_attention_heads', 'shadow_intermediate_size']) {
    if (settings.raw(key) !== null) throw new UnknownMethodError(`SHADOW with '${key}' is not covered`);
  }
  if (settings.text('shadow_model') !== 'mirror')
    throw new UnknownMethodError("SHADOW is covered only with shadow_model 'mirror'");
  if (model.shape.encoderDecoder) throw new UnknownMethodError('SHADOW on an encoder-decoder is not covered');
  const d = model.shape.hiddenSize;
  const r = settings.count('r');
  const u = settings.count('update_hidden_size', r);
  const network = (name: string): Part[] => [
    trained(`${name}.default.0.weight`, u, d),
    trained(`${name}.default.0.bias`, u),
    trained(`${name}.default.2.weight`, d, u),
    trained(`${name}.default.2.bias`, d),
  ];
  const perModule = [
    trained('shadow_down.default.weight', r, d),
    trained('shadow_up.default.weight', d, r),
    ...network('shadow_update_transform'),
    ...network('shadow_update_gate'),
  ];
  return { perModule, backbone: mirror(model, settings.count('shadow_num_hidden_layers', DEFAULT_LAYERS)) };
}

/** The bare model with fewer layers. It shares the model's embeddings. */
function mirror({ shape }: ModuleTable, layers: number): Extra[] {
  const config = { ...shape.config, num_hidden_layers: layers, architectures: ['Model'], model_type: shape.modelType };
  const small = buildModuleTable(readModelShape(config));
  return small.modules
    .filter(({ name }) => !/(^|\.)embed_tokens$/.test(name))
    .map((module) => ({
      module: `shadow_backbone.${module.name}`,
      parts: moduleTensors(module).map(({ name, shape: size }) =>
        asBase(trained(`shadow_backbone.default.${name}`, ...size)),
      ),
    }));
}
