/** Finds the tensor of a base model that a module of an adapter changes. */

import type { BaseModel } from './baseModel';
import { SurgeryError } from './errors';

/** Prefixes of kohya's names, in front of the module's path with underscores. */
const KOHYA_PREFIX = /^(?:lora|lycoris)_(?:unet|te\d?|transformer|prior_te|prior_unet)?_?/;
/** Input embeddings that an output layer may be tied to. */
const EMBEDDINGS = /(?:^|\.)(?:embed_tokens|wte|word_embeddings|embed_in|shared|tok_embeddings)\.weight$/;
const HEADS = /(?:^|\.)(?:lm_head|embed_out|output)\.weight$/;

interface FoundTensor {
  readonly name: string;
  /** What the user should know about the match. */
  readonly note?: string;
}

export class BaseNames {
  private readonly underscored = new Map<string, string[]>();
  private readonly byEnd = new Map<string, string[]>();

  constructor(private readonly base: BaseModel) {
    for (const name of base.tensors.keys()) {
      add(this.underscored, name.replaceAll('.', '_'), name);
      for (let dot = name.indexOf('.'); dot >= 0; dot = name.indexOf('.', dot + 1))
        add(this.byEnd, name.slice(dot + 1), name);
    }
  }

  /**
   * The tensor `path`, such as 'model.layers.0.mlp.up_proj.weight': exactly, under another prefix, or with kohya's
   * underscores. @throws SurgeryError NotFound if there is none or more than one
   */
  find(path: string): FoundTensor {
    const found = this.candidates(path);
    if (found.length === 1) return { name: found[0]! };
    if (found.length > 1) {
      const message = `${path}: the base has several tensors that may be meant: ${found.slice(0, 3).join(', ')}`;
      throw new SurgeryError('NotFound', message, path);
    }
    const tied = this.tiedEmbedding(path);
    if (tied !== null) return tied;
    throw new SurgeryError('NotFound', `${path}: ${this.base.path} has no such tensor`, path);
  }

  has(path: string): boolean {
    return this.candidates(path).length === 1;
  }

  /** A note if a change of this tensor also changes the other end of a tied model. */
  tiedNote(name: string): string | null {
    if (this.base.config?.['tie_word_embeddings'] !== true || !EMBEDDINGS.test(name)) return null;
    return `${name}: the model ties its output layer to it, so that the merge changes both`;
  }

  private candidates(path: string): readonly string[] {
    if (this.base.tensors.has(path)) return [path];
    const [, behind = ''] = /^[^.]+\.(.+)$/.exec(path) ?? [];
    // 'transformer.h.0' of a model with a head is 'h.0' in a file of the bare model, and the reverse.
    if (/^(?:model|transformer|bert|roberta|base_model)\./.test(path) && this.base.tensors.has(behind)) return [behind];
    const longer = this.byEnd.get(path);
    if (longer) return longer;
    const kohya = path.replace(/\.(?=(?:weight|bias)$)/, '_').replace(KOHYA_PREFIX, '');
    return KOHYA_PREFIX.test(path) ? (this.underscored.get(kohya) ?? []) : [];
  }

  private tiedEmbedding(path: string): FoundTensor | null {
    // transformers ties by default, and older configs do not say so.
    if (!HEADS.test(path) || this.base.config?.['tie_word_embeddings'] === false) return null;
    const embeddings = [...this.base.tensors.keys()].filter((name) => EMBEDDINGS.test(name));
    if (embeddings.length !== 1) return null;
    const note = `${path} is tied to ${embeddings[0]}: merging it also changes the input embedding, which the adapter did not`;
    return { name: embeddings[0]!, note };
  }
}

function add(map: Map<string, string[]>, key: string, name: string): void {
  const list = map.get(key);
  if (list) list.push(name);
  else map.set(key, [name]);
}
