/** Finds the calls of PEFT's config classes and of `get_peft_model` in a Python program, with their arguments. */

import type { SyntaxNode } from '@lezer/common';
import type {
  PythonArgument,
  PythonConfigCall,
  PythonModelCall,
  PythonProgram,
  UnknownSetting,
} from '../protocol/python';
import type { Argument } from './arguments';
import { argumentsOf } from './arguments';
import { baseModelOf, onlyLoadedModel } from './baseModel';
import type { ConfigClass } from '../peftConfig/configClasses';
import { LORA_CONFIG, configClass } from '../peftConfig/configClasses';
import { Evaluator } from './evaluator';
import { Names } from './names';
import type { ParsingSteps, Program, PythonParts } from './program';
import { parseProgram } from './program';
import type { AttributeChange, Scope } from './scopes';
import { Scopes } from './scopes';
import type { UnslothCall } from './unsloth';
import { unslothCall, unslothConfig } from './unsloth';
import type { Unknown, Value } from './values';
import { toJson } from './values';

/** Config calls shown in one program: nobody reads more. */
const MAX_CONFIGS = 200;

interface Call {
  readonly node: SyntaxNode;
  readonly scope: Scope;
}

interface FoundConfig extends Call {
  readonly className: string;
  readonly type: ConfigClass;
  /** Set if the call is Unsloth's, which makes the config itself and also takes the model. */
  readonly unsloth: UnslothCall | null;
}

/** Never throws, whatever the text holds. The parts are read one after another, as a notebook runs its cells. */
export function* readProgram(parts: PythonParts): ParsingSteps<PythonProgram> {
  const program = yield* parseProgram(parts);
  if (!program) return { configs: [], models: [], problem: 'The program is too long or too deeply nested to be read.' };
  yield;
  const reader = new Reader(program);
  yield;
  return reader.read();
}

class Reader {
  private readonly scopes: Scopes;
  private readonly names: Names;
  private readonly evaluator: Evaluator;
  private readonly changes: ReadonlyMap<number, AttributeChange[]>;

  constructor(private readonly program: Program) {
    this.scopes = new Scopes(program);
    this.names = new Names(this.scopes);
    this.evaluator = new Evaluator(this.names);
    this.changes = this.changesByValue();
  }

  read(): PythonProgram {
    const found: FoundConfig[] = [];
    const links: Call[] = [];
    for (const call of this.scopes.calls) {
      const name = this.calledName(call);
      const type = name === null ? null : configClass(name);
      const unsloth = type ? null : this.unslothCall(call);
      if (found.length >= MAX_CONFIGS) continue;
      if (name !== null && type) found.push({ ...call, className: name, type, unsloth });
      else if (unsloth) found.push({ ...call, ...unsloth, unsloth });
      if (this.isLink(call, name)) links.push(call);
    }
    const baseModels = found.map((call) => (call.unsloth ? this.modelGiven(call) : null));
    const models: PythonModelCall[] = [];
    for (const link of links) {
      const { config, baseModel } = this.readLink(link, found);
      if (config !== null) baseModels[config] ??= baseModel;
      const callee = link.node.firstChild;
      if (callee && this.calledName(link) === 'get_peft_model' && models.length < MAX_CONFIGS)
        models.push({ span: this.program.spanOf(link.node), name: this.program.spanOf(callee), config });
    }
    const only = onlyLoadedModel(this.scopes.calls, this.names, this.evaluator);
    const configs = found.map((call, index) => this.readConfig(call, baseModels[index] ?? only));
    return { configs, models, problem: '' };
  }

  private calledName({ node, scope }: Call): string | null {
    const callee = node.firstChild;
    const path = callee && this.names.dotted(callee, scope);
    return path ? this.names.peftName(path) : null;
  }

  /** True for a call that puts a config on a model: `get_peft_model`, or a trainer with a `peft_config` argument. */
  private isLink({ node }: Call, name: string | null): boolean {
    if (name === 'get_peft_model') return true;
    return argumentsOf(node, this.names).some(({ key }) => key === 'peft_config');
  }

  private readLink(call: Call, found: readonly FoundConfig[]): { config: number | null; baseModel: string | null } {
    const given = argumentsOf(call.node, this.names);
    const positional = given.filter(({ key }) => key === null);
    const argument = (key: string, position: number): SyntaxNode | null =>
      (given.find((each) => each.key === key) ?? positional[position])?.value ?? null;
    const config = this.configOf(argument('peft_config', 1), call.scope);
    const index = config ? found.findIndex(({ node }) => node.from === config.from && node.to === config.to) : -1;
    return { config: index < 0 ? null : index, baseModel: this.modelGiven(call) };
  }

  /** The model that a call takes as `model` or as its first argument. */
  private modelGiven({ node, scope }: Call): string | null {
    const given = argumentsOf(node, this.names);
    const model = given.find(({ key }) => key === 'model') ?? given.find(({ key }) => key === null);
    return baseModelOf(model?.value ?? null, scope, this.names, this.evaluator);
  }

  private unslothCall({ node, scope }: Call): UnslothCall | null {
    const callee = node.firstChild;
    if (callee?.name !== 'MemberExpression' || this.names.lastName(callee) !== 'get_peft_model') return null;
    const path = this.names.dotted(callee, scope);
    return path === null ? null : unslothCall(path);
  }

  private configOf(node: SyntaxNode | null, scope: Scope): SyntaxNode | null {
    if (node?.name !== 'VariableName') return node;
    const definition = this.names.reaching(this.names.textOf(node), scope, node.from);
    return definition && definition.path.length === 0 ? definition.value : null;
  }

  private readConfig(call: FoundConfig, baseModel: string | null): PythonConfigCall {
    const { node, scope, className, type, unsloth } = call;
    const settings = new Settings(this.program, type);
    let position = 0;
    let afterNamed = false;
    const fields = [...type.fields.keys()];
    for (const argument of argumentsOf(node, this.names)) {
      afterNamed ||= argument.key !== null && argument.key !== '*';
      // Python allows no positional argument after a keyword: this is a keyword whose value is not written yet.
      if (afterNamed && argument.key === null) {
        settings.change(/^\w{1,40}/.exec(this.names.textOf(argument))?.[0] ?? '*', 'not written yet', argument);
        continue;
      }
      const key = argument.key ?? (position < fields.length ? (fields[position] ?? '*') : '*');
      if (argument.key === null) position++;
      // The positions after an unpacked list are unknown.
      if (argument.key === '*') position = fields.length;
      settings.add(argument, key, this.evaluator.evaluate(argument.value, scope));
    }
    for (const change of this.changes.get(node.from) ?? []) {
      const { object, attribute } = change;
      if (attribute === '*') settings.change('*', `set again on ${object}`, change);
      else if (type.fields.has(attribute)) settings.change(attribute, `set again as ${object}.${attribute}`, change);
    }
    if (unsloth) settings.complete(unsloth, node);
    const callee = node.firstChild ?? node;
    const config = settings.toConfig();
    const named = config['base_model_name_or_path'];
    return {
      span: this.program.spanOf(node),
      name: this.program.spanOf(lastPart(callee)),
      className,
      peftType: type.peftType,
      config,
      unknown: settings.unknown,
      strange: settings.strange,
      arguments: settings.arguments,
      baseModel: typeof named === 'string' && named !== '' ? named : baseModel,
    };
  }

  /** Changes of attributes by the position of the value that the name was given. */
  private changesByValue(): ReadonlyMap<number, AttributeChange[]> {
    const found = new Map<number, AttributeChange[]>();
    for (const change of this.scopes.changes) {
      const definition = this.names.reaching(change.object, change.scope, change.from);
      if (!definition || definition.path.length > 0) continue;
      const known = found.get(definition.value.from);
      if (known) known.push(change);
      else found.set(definition.value.from, [change]);
    }
    return found;
  }
}

function lastPart(callee: SyntaxNode): SyntaxNode {
  return callee.getChild('PropertyName') ?? callee;
}

/** Collects the arguments of one call. */
class Settings {
  readonly unknown: UnknownSetting[] = [];
  readonly strange: string[] = [];
  readonly arguments: PythonArgument[] = [];
  private readonly known = new Map<string, unknown>();

  constructor(
    private readonly program: Program,
    private readonly type: ConfigClass,
  ) {}

  add(argument: Argument, key: string, value: Value | Unknown): void {
    this.arguments.push({ key, span: this.program.spanOf(argument) });
    if (key === '**' && value.kind === 'dict') {
      for (const [name, each] of value.entries) {
        if (name.kind === 'str') this.set(name.value, each, argument);
      }
      return;
    }
    if (key === '*' || key === '**')
      this.change(key, value.kind === 'unknown' ? value.reason : 'not read here', argument);
    else this.set(key, value, argument);
  }

  private set(key: string, value: Value | Unknown, at: { readonly from: number; readonly to: number }): void {
    if (!this.type.fields.has(key)) {
      this.strange.push(key);
      return;
    }
    const json = value.kind === 'unknown' ? undefined : toJson(value);
    if (this.known.has(key)) this.change(key, 'given twice', at);
    else if (value.kind === 'unknown') this.change(key, value.reason, at);
    else if (json === undefined) this.change(key, 'not a value that a config file can hold', at);
    else this.known.set(key, json);
  }

  /**
   * Completes the settings as Unsloth does. Its defaults differ from PEFT's, and its own arguments are not part of the
   * config.
   */
  complete(call: UnslothCall, at: { readonly from: number; readonly to: number }): void {
    const spread = this.unknown.some(({ key }) => key.startsWith('*'));
    const own = this.unknown.filter(({ key }) => key.startsWith('*') || LORA_CONFIG.fields.has(key));
    this.unknown.length = 0;
    for (const each of own) this.unknown.push(each);
    this.strange.length = 0;
    const { config, chosenByUnsloth } = unslothConfig(
      call,
      Object.fromEntries(this.known),
      new Set(own.map(({ key }) => key)),
    );
    this.known.clear();
    for (const [key, value] of Object.entries(config)) this.known.set(key, value);
    if (chosenByUnsloth && !spread) this.change('target_modules', 'chosen by Unsloth for the model', at);
  }

  change(key: string, reason: string, at: { readonly from: number; readonly to: number }): void {
    this.known.delete(key);
    if (!this.unknown.some((each) => each.key === key))
      this.unknown.push({ key, reason, span: this.program.spanOf(at) });
  }

  toConfig(): Readonly<Record<string, unknown>> {
    // The class decides the method; an argument peft_type does not change it.
    this.known.delete('peft_type');
    return { peft_type: this.type.peftType, ...Object.fromEntries(this.known) };
  }
}
