/**
 * Sends random workspaces on a disk through the list of adapters, the search for models, the analysis of each config,
 * the worker and the command line.
 */

import * as path from 'node:path';
import { nodeFiles } from '../../../src/files/nodeFile';
import { nodeModelFiles } from '../../../src/files/nodeModelFiles';
import { AdapterList } from '../../../src/host/adapterList';
import { ADAPTER_FILES, configPlace, groupAdapters } from '../../../src/host/adapterSearch';
import type { GroupedFiles } from '../../../src/host/adapterSearch';
import { summariseWeights } from '../../../src/worker/summariseWeights';
import { unpackJson } from '../../../src/protocol/packedDescription';
import type { WorkspaceModel } from '../../../src/protocol/models';
import type { AdapterWeights } from '../../../src/protocol/planner';
import type { Random } from '../../../src/tensor/random';
import { runCommand, temporaryFolder } from '../cliTrial';
import { configMaker } from '../configText';
import type { FuzzKind } from '../kind';
import { repeatable } from '../kind';
import { pick } from '../mutate';
import type { AskPlanner } from '../plannerTrial';
import { analyseDocument, askPlanner } from '../plannerTrial';
import { checkReply } from '../replies';
import { fixtureCases } from '../seeds';
import { tryFile } from '../trial';
import { typedCode } from '../typedErrors';
import { listFiles, matchingFiles, prepareTrees, readText, writeTree } from '../workspaceTree';

/** Adapters and folders of a case that are looked into. */
const LOOKED_INTO = 2;
const SCANNED_BYTES = 1 << 20;
const MAX_LISTED = 20;
const MAX_SUMMARY = 1 << 20;

interface Uri {
  readonly scheme: string;
  readonly authority: string;
  readonly path: string;
}

export const workspaces: FuzzKind = {
  name: 'workspaces',
  cases: 10_000,
  maxBytes: null,
  load() {
    const root = path.join(temporaryFolder(), 'workspace');
    prepareTrees(root);
    const sources = { configs: configMaker(), checkpoints: fixtureCases() };
    return (random) => {
      const numbers = repeatable(random);
      return {
        shown: 'a workspace; the case writes it again',
        run: async () => {
          const own = numbers();
          writeTree(root, own, sources);
          return lookInto(root, own);
        },
      };
    };
  },
};

async function lookInto(root: string, random: Random): Promise<string> {
  const ask = askPlanner({
    files: { ...nodeModelFiles, hubFolders: [root] },
    host: { readText: async () => null, weights: (file) => weightsOf(file) },
  });
  const files = listFiles(root);
  const models = await findModels(ask, root, files);
  const adapters = await listAdapters(ask, root, files);
  const outcomes: string[] = [];
  for (const adapter of adapters.slice(0, LOOKED_INTO)) {
    const { path: config } = configPlace(adapter, sibling);
    const text = await readText(config);
    const weights = adapter.weights && { uri: adapter.weights.path, stamp: '1' };
    const folder = path.dirname(config);
    const document = { text: text ?? '', weights, folder, localFolder: folder, workspace: models };
    if (text !== null) outcomes.push(await analyseDocument(ask, document));
    if (adapter.weights) await tryFile(nodeFiles, adapter.weights.path);
  }
  const folders = [root, ...adapters.map(({ config, weights }) => path.dirname((weights ?? config)?.path ?? root))];
  await runCommand(pick(random, ['inspect', 'check'] as const), [pick(random, folders)]);
  const listed = adapters.length > 0 ? 'adapters' : 'no adapter';
  return `${listed}, ${outcomes.includes('counted') ? 'counted' : models.length > 0 ? 'models' : 'no model'}`;
}

async function findModels(ask: AskPlanner, root: string, files: readonly string[]): Promise<WorkspaceModel[]> {
  const found = matchingFiles(files, '**/config.json');
  const { facts } = await ask('models/scan', { files: found.map((file) => ({ path: file })), maxBytes: SCANNED_BYTES });
  return found.flatMap((file, index): WorkspaceModel[] => {
    const known = facts[index];
    const folder = path.dirname(file);
    if (!known) return [];
    const title = path.relative(root, file);
    return [
      { title, folder, name: path.basename(folder), ownName: known.ownName, file: { kind: 'file', title, path: file } },
    ];
  });
}

/** The rows of the list, which must have all adapters. */
async function listAdapters(
  ask: AskPlanner,
  root: string,
  files: readonly string[],
): Promise<readonly GroupedFiles<Uri>[]> {
  const uris = ADAPTER_FILES.map((pattern) =>
    matchingFiles(files, pattern).map((file) => ({ scheme: 'file', authority: '', path: file })),
  );
  const shownFolder = (uri: Uri): string => path.relative(path.dirname(root), path.dirname(uri.path));
  const list = new AdapterList<GroupedFiles<Uri>>({
    find: async () => groupAdapters(uris, MAX_LISTED, { sibling, shownFolder }),
    scan: (adapters, maxBytes) =>
      ask('adapters/scan', { files: adapters.map((each) => ({ path: configPlace(each, sibling).path })), maxBytes }),
  });
  const { rows, total } = await list.page();
  if (rows.length !== total) throw new Error(`${total} adapters have ${rows.length} rows`);
  checkReply('the list', rows);
  return rows.map(({ adapter }) => adapter);
}

function sibling(uri: Uri, name: string): Uri {
  return { ...uri, path: path.join(path.dirname(uri.path), name) };
}

/** What the worker tells the planner of an adapter's weights. */
async function weightsOf(file: string): Promise<AdapterWeights | null> {
  try {
    const packed = await summariseWeights(nodeFiles, file, MAX_SUMMARY, new AbortController().signal);
    return packed && ((await unpackJson(packed)) as AdapterWeights);
  } catch (error) {
    typedCode(error);
    return null;
  }
}
