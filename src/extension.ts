import * as vscode from 'vscode';
import { registerAdapterConfigHover } from './host/adapterConfigHover';
import { AdapterDocuments } from './host/adapterDocuments';
import { registerAdaptersTree } from './host/adaptersTree';
import { calculatorInputs, registerCalculatorView } from './host/calculatorView';
import { CheckpointDescriptions } from './host/checkpointDescriptions';
import { registerComparison } from './host/comparisonPanel';
import { registerDemo } from './host/demoCommand';
import { registerInspectorEditor } from './host/inspectorEditor';
import { ModelConfigs } from './host/modelConfigs';
import { registerPythonHover } from './host/pythonHover';
import { registerPythonLens } from './host/pythonLens';
import { WorkerClient } from './host/workerClient';
import type { PlannerClient } from './host/workerClient';

export function activate(context: vscode.ExtensionContext): void {
  const output = vscode.window.createOutputChannel('PEFT');
  const log = (line: string): void => output.appendLine(line);
  const worker = new WorkerClient(context.asAbsolutePath('dist/worker.js'), log);
  const planner: PlannerClient = new WorkerClient(context.asAbsolutePath('dist/planner.js'), log, 'PEFT planner');
  const configs = new ModelConfigs(planner);
  const descriptions = new CheckpointDescriptions(worker);
  const python = { configs, planner, calculatorInputs: () => calculatorInputs(context) };
  const services = { extensionUri: context.extensionUri, worker, output };
  context.subscriptions.push(
    output,
    worker,
    planner,
    configs,
    registerInspectorEditor(services),
    registerDemo(services),
    registerAdaptersTree(),
    registerCalculatorView(context, { configs, planner }),
    registerComparison(context, { configs, planner }),
    registerAdapterConfigHover(new AdapterDocuments({ configs, planner, descriptions })),
    registerPythonLens(python),
    registerPythonHover(python),
  );
}
