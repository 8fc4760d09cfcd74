import * as vscode from 'vscode';
import { registerAdaptersTree } from './host/adaptersTree';
import { registerDemo } from './host/demoCommand';
import { registerInspectorEditor } from './host/inspectorEditor';
import { WorkerClient } from './host/workerClient';

export function activate(context: vscode.ExtensionContext): void {
  const output = vscode.window.createOutputChannel('PEFT');
  const worker = new WorkerClient(context.asAbsolutePath('dist/worker.js'), (line) => output.appendLine(line));
  const services = { extensionUri: context.extensionUri, worker, output };
  context.subscriptions.push(output, worker, registerInspectorEditor(services), registerDemo(services), registerAdaptersTree());
}
