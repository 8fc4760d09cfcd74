/** Answers what the planner asks its host, from objects that a test registers, and records the questions. */

import type { HostFiles } from '../../../src/planner/hostFiles';
import type { ModelFile } from '../../../src/protocol/models';
import type { AdapterWeights, WeightsReference } from '../../../src/protocol/planner';

export class TestHost implements HostFiles {
  readonly asked: string[] = [];
  private readonly contents = new Map<string, unknown>();

  /** A config.json in a file system that only the editor can read. */
  document(title: string, config: unknown, stamp = '1'): ModelFile {
    const uri = `memory:/${title}/config.json`;
    this.contents.set(uri, config);
    return { kind: 'document', title, uri, stamp };
  }

  weightsFile(weights: AdapterWeights | null, stamp = '1'): WeightsReference | null {
    if (!weights) return null;
    const uri = `memory:/${this.contents.size}/adapter_model.safetensors`;
    this.contents.set(uri, weights);
    return { uri, stamp };
  }

  async readText(uri: string): Promise<{ text: string; stamp: string } | null> {
    this.asked.push(uri);
    return this.contents.has(uri) ? { text: JSON.stringify(this.contents.get(uri)), stamp: '1' } : null;
  }

  async weights(uri: string): Promise<AdapterWeights | null> {
    this.asked.push(uri);
    return (this.contents.get(uri) as AdapterWeights | undefined) ?? null;
  }
}
