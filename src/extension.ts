import * as vscode from 'vscode';
import { registerAdapterConfigHover } from './host/adapterConfigHover';
import { AdapterAnalyses } from './host/adapterAnalyses';
import { AdapterDocuments } from './host/adapterDocuments';
import { registerAdapterDiagnostics } from './host/adapterDiagnostics';
import { registerAdapterLenses } from './host/adapterLenses';
import { registerAdaptersTree } from './host/adaptersTree';
import { Calculator, calculatorInputs, registerCalculatorView } from './host/calculatorView';
import { registerChooseBaseModel } from './host/chooseBaseModel';
import { registerComparison } from './host/comparisonPanel';
import { registerDemo } from './host/demoCommand';
import { editorFileRequests } from './host/editorFileRequests';
import { findBase } from './host/findBase';
import { HubToken } from './host/hubToken';
import { registerInspectorEditor } from './host/inspectorEditor';
import { KnownModels } from './host/knownModels';
import { ModelConfigs } from './host/modelConfigs';
import { registerPlanAdapter } from './host/planAdapter';
import { plannerQuestions } from './host/plannerQuestions';
import { registerPythonDiagnostics } from './host/pythonDiagnostics';
import { registerPythonHover } from './host/pythonHover';
import { registerPythonLens } from './host/pythonLens';
import { AskedAddresses, openFromAddress } from './host/remoteDocuments';
import { SourceShelf } from './host/sourceShelf';
import { Verdicts } from './host/verdicts';
import { WorkerClient } from './host/workerClient';
import type { PlannerClient } from './host/workerClient';

export function activate(context: vscode.ExtensionContext): void {
  const output = vscode.window.createOutputChannel('PEFT');
  const log = (line: string): void => output.appendLine(line);
  const token = new HubToken(context.secrets);
  const asked = new AskedAddresses();
  const editor = editorFileRequests(token);
  const worker = new WorkerClient(context.asAbsolutePath('dist/worker.js'), log, editor);
  const questions = plannerQuestions(worker, editor);
  const planner: PlannerClient = new WorkerClient(
    context.asAbsolutePath('dist/planner.js'),
    log,
    questions,
    'PEFT planner',
  );
  const configs = new ModelConfigs(planner, new KnownModels(context.workspaceState));
  const documents = new AdapterDocuments({ configs, planner });
  const analyses = new AdapterAnalyses(documents, configs);
  const calculator = new Calculator(context, { configs, planner, worker });
  const python = { configs, planner, calculatorInputs: () => calculatorInputs(context) };
  const verdicts = new Verdicts(context.workspaceState);
  const services = {
    extensionUri: context.extensionUri,
    worker,
    output,
    shelf: new SourceShelf(),
    verdicts,
    findBase: (folder: vscode.Uri) => findBase(analyses, folder),
  };
  context.subscriptions.push(
    output,
    worker,
    planner,
    configs,
    registerInspectorEditor(services, asked),
    vscode.commands.registerCommand('peft.openRemote', () => openFromAddress(context.globalState, asked)),
    vscode.commands.registerCommand('peft.setHubToken', () => token.set()),
    vscode.commands.registerCommand('peft.forgetHubToken', () => token.forget()),
    registerDemo(services),
    registerAdaptersTree(planner, verdicts),
    registerCalculatorView(calculator),
    registerComparison(context, { configs, planner }),
    registerAdapterConfigHover(documents),
    analyses,
    registerAdapterDiagnostics(analyses, log),
    registerAdapterLenses(analyses),
    registerPlanAdapter({ analyses, configs, calculator }),
    registerChooseBaseModel({ analyses, configs, python, worker, storage: context.globalStorageUri }),
    registerPythonDiagnostics(python, log),
    registerPythonLens(python),
    registerPythonHover(python),
  );
}
