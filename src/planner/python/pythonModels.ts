/** Finds the model that a config of a program is counted on. */

import type { PythonConfigCall, PythonDocument } from '../../protocol/python';
import { customModel } from '../calculator/customModel';
import type { FoundModel, Models } from '../models/models';

/**
 * Looks for the name in the program: in the workspace, on the disk, in the Hub's local cache, among the presets.
 * Without a name, takes the config.json next to the program, else the only one of the workspace, else the calculator's
 * model. The same model stands in for one that is named but not found.
 */
export async function baseModelFor(
  models: Models,
  { baseModel, config }: PythonConfigCall,
  document: PythonDocument,
): Promise<FoundModel | null> {
  const { folder, localFolder, workspace, chosen = [] } = document;
  const revision = typeof config['revision'] === 'string' ? config['revision'] : null;
  const around = { localFolder, chosen };
  if (baseModel !== null) {
    // The name takes precedence over a config.json that happens to be next to the program.
    const named = { kind: 'named', name: baseModel, revision, folder: null, workspace, ...around } as const;
    const model = await models.find(named);
    if (model) return model;
  }
  const beside = await models.find({ kind: 'named', name: null, folder, workspace, ...around });
  const [only, second] = workspace;
  const single =
    beside || !only || second
      ? beside
      : await models.find({ kind: 'named', name: null, folder: only.folder, workspace, ...around });
  const model = single ?? (await calculatorModel(models, document));
  return model && (baseModel === null ? model : { ...model, place: 'elsewhere', standsInFor: baseModel });
}

async function calculatorModel(models: Models, { calculator }: PythonDocument): Promise<FoundModel | null> {
  const { inputs, model } = calculator;
  if (model.kind === 'missing') return null;
  if (model.kind !== 'custom') return models.find(model);
  const custom = customModel({ ...inputs, basis: 'exact' });
  return 'errors' in custom ? null : { ...custom, place: 'chosen', path: null, preset: null, standsInFor: null };
}
