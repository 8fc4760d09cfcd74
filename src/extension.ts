import * as vscode from 'vscode';
import { registerAdapterConfigHover } from './host/adapterConfigHover';
import { registerAdaptersTree } from './host/adaptersTree';
import { registerCalculatorView } from './host/calculatorView';
import { CheckpointDescriptions } from './host/checkpointDescriptions';
import { registerComparison } from './host/comparisonPanel';
import { registerDemo } from './host/demoCommand';
import { registerInspectorEditor } from './host/inspectorEditor';
import { ModelConfigs } from './host/modelConfigs';
import { WorkerClient } from './host/workerClient';

export function activate(context: vscode.ExtensionContext): void {
  const output = vscode.window.createOutputChannel('PEFT');
  const worker = new WorkerClient(context.asAbsolutePath('dist/worker.js'), (line) => output.appendLine(line));
  const configs = new ModelConfigs();
  const descriptions = new CheckpointDescriptions(worker);
  const services = { extensionUri: context.extensionUri, worker, output };
  context.subscriptions.push(
    output,
    worker,
    configs,
    registerInspectorEditor(services),
    registerDemo(services),
    registerAdaptersTree(),
    registerCalculatorView(context, { configs }),
    registerComparison(context, { configs }),
    registerAdapterConfigHover({ configs, describeCheckpoint: (uri) => descriptions.describe(uri) }),
  );
}
