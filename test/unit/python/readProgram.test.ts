import { strict as assert } from 'node:assert';
import { atOnce } from '../../../src/checkpoint/steps';
import { readProgram } from '../../../src/python/readProgram';
import { readFile, readOne } from './reading';

const HEAD = 'from peft import LoraConfig, get_peft_model\n';

describe("calls of PEFT's config classes", () => {
  const forms: readonly (readonly [string, string])[] = [
    ['by name', 'from peft import LoraConfig\nLoraConfig(r=4)'],
    ['under another name', 'from peft import LoraConfig as LC\nLC(r=4)'],
    ['of the module', 'import peft\npeft.LoraConfig(r=4)'],
    ['of the module under another name', 'import peft as p\np.LoraConfig(r=4)'],
    ['of a module of the package', 'import peft.tuners.lora\npeft.tuners.lora.LoraConfig(r=4)'],
    ['from a module of the package', 'from peft.tuners.lora import (\n  LoraConfig,\n)\nLoraConfig(r=4)'],
    ['after an import of everything', 'from peft import *\nLoraConfig(r=4)'],
    ['whose import is not shown', 'LoraConfig(r=4)'],
    ['whose class has another name', 'from peft import LoraConfig\nC = LoraConfig\nC(r=4)'],
    [
      'of an optional package',
      'try:\n  from peft import LoraConfig\nexcept ImportError:\n  LoraConfig = None\nLoraConfig(r=4)',
    ],
    ['in a function', 'from peft import LoraConfig\ndef f(self):\n\tif a:\n\t\treturn LoraConfig(r=4)'],
    ['imported in the function', 'def f():\n  from peft import LoraConfig\n  return LoraConfig(r=4)'],
    ['among arguments', 'from peft import LoraConfig\ntrain(model, peft_config=LoraConfig(r=4))'],
    ['in a list', 'configs = [1, LoraConfig(r=4)]'],
    ['that is not closed yet', 'import peft\nx = peft.LoraConfig(r=4,'],
    ['after a mistake', 'x = = 3\ndef f(:\nfrom peft import LoraConfig\ny = LoraConfig(r=4)\n'],
    ['with carriage returns', 'from peft import LoraConfig\r\nx = LoraConfig(\r\n  r=4,\r\n)\r\n'],
    ['over a line that goes on', 'from peft import \\\r\n  LoraConfig\r\nx = \\\r\n  LoraConfig(r=4)'],
    ['after a byte order mark', '\ufefffrom peft import LoraConfig as LC\nLC(r=4)'],
    ['decorated and typed', '@d\nclass A(B):\n  c: LoraConfig = LoraConfig(r=4)'],
    ['in a match', 'match x:\n  case 1:\n    LoraConfig(r=4)'],
    ['in an async function', 'async def f():\n  async with a as b:\n    return LoraConfig(r=4)'],
  ];
  for (const [name, text] of forms) {
    it(`are found ${name}`, () => {
      const { className, peftType, config, unknown } = readOne(text);
      assert.deepEqual(
        { className, peftType, config, unknown },
        {
          className: 'LoraConfig',
          peftType: 'LORA',
          config: { peft_type: 'LORA', r: 4 },
          unknown: [],
        },
      );
    });
  }

  const others: readonly (readonly [string, string])[] = [
    ["another module's class", 'from mine import LoraConfig\nLoraConfig(r=4)'],
    ["the program's own class", 'class LoraConfig: pass\nLoraConfig(r=4)'],
    ["the program's own function", 'def LoraConfig(r): pass\nLoraConfig(r=4)'],
    ["another module's attribute", 'import mine\nmine.LoraConfig(r=4)'],
    ['a comment', '# LoraConfig(r=4)'],
    ['a text', '"""\nLoraConfig(r=4)\n"""'],
    ['a use that is no call', 'x: LoraConfig'],
    ['a method of the class', 'LoraConfig.from_pretrained("x")'],
  ];
  for (const [name, text] of others) {
    it(`are not found in ${name}`, () => assert.deepEqual(readFile(text).configs, []));
  }

  it('exist for every method, which the class decides', () => {
    const { configs } = readFile(
      'IA3Config()\nBOFTConfig(boft_block_size=8)\nPromptEncoderConfig(num_virtual_tokens=20)',
    );
    assert.deepEqual(
      configs.map(({ config }) => config),
      [
        { peft_type: 'IA3' },
        { peft_type: 'BOFT', boft_block_size: 8 },
        { peft_type: 'P_TUNING', num_virtual_tokens: 20 },
      ],
    );
  });

  it('take positional arguments in the order of the class', () => {
    const { config, arguments: given } = readOne('LoraConfig(TaskType.CAUSAL_LM, None, None, None, "base", r=4)');
    assert.deepEqual(config, {
      peft_type: 'LORA',
      task_type: 'CAUSAL_LM',
      auto_mapping: null,
      peft_version: null,
      base_model_name_or_path: 'base',
      r: 4,
    });
    assert.deepEqual(given.map(({ key }) => key).slice(0, 2), ['task_type', 'peft_type']);
  });

  it('have the positions of the call, the name and each argument, in UTF-16 code units', () => {
    const text = `note = "😀é"  # 😀\n${HEAD}cfg = LoraConfig(\n\tr = 8, # 😀\n\ttarget_modules=["q"],\n)\n`;
    const { span, name, arguments: given } = readOne(text);
    const cut = ({ from, to }: { from: number; to: number }): string => text.slice(from, to);
    assert.equal(cut(span), text.slice(text.indexOf('LoraConfig(\n'), -1));
    assert.equal(cut(name), 'LoraConfig');
    assert.deepEqual(
      given.map((each) => [each.key, cut(each.span)]),
      [
        ['r', 'r = 8'],
        ['target_modules', 'target_modules=["q"]'],
      ],
    );
  });

  it('count a byte order mark in their positions', () => {
    const text = '\ufeffx = LoraConfig()';
    assert.deepEqual(readOne(text).span, { part: 0, from: 5, to: text.length });
  });

  it('report arguments that the class does not accept', () =>
    assert.deepEqual(readOne('LoraConfig(rank=8, r=4)').strange, ['rank']));
});

describe('names in arguments', () => {
  const r = (text: string): unknown => {
    const { config, unknown } = readOne(text);
    return unknown[0] ? `${unknown[0].key} is ${unknown[0].reason}` : config['r'];
  };
  const cases: readonly (readonly [string, string, unknown])[] = [
    ['a constant of the module', 'R = 8\nLoraConfig(r=R)', 8],
    ['arithmetic on a constant', 'R = 8\nLoraConfig(r=R * 2)', 16],
    ['a constant of a constant', 'A = 4\nR = A + 1\nLoraConfig(r=R)', 5],
    ['a constant with a type', 'R: int = 8\nLoraConfig(r=R)', 8],
    ['two constants at once', 'R, A = 8, 16\nLoraConfig(r=R, lora_alpha=A)', 8],
    ['two constants of a tuple', '(A, [B, R]) = (1, [2, 8])\nLoraConfig(r=R)', 8],
    ['one value for two names', 'A = R = 8\nLoraConfig(r=R)', 8],
    ['a constant from inside a function', 'R = 8\ndef f():\n  LoraConfig(r=R)', 8],
    ['a constant set after the function', 'def f():\n  LoraConfig(r=R)\nR = 8', 8],
    ['a constant of the function', 'def f():\n  R = 8\n  LoraConfig(r=R)', 8],
    ["the function's, not the module's", 'R = 4\ndef f():\n  R = 8\n  LoraConfig(r=R)', 8],
    ["the module's, not another function's", 'R = 8\ndef g():\n  R = 4\ndef f():\n  LoraConfig(r=R)', 8],
    ["the module's, past a class", 'R = 8\nclass A:\n  R = 4\n  def f(self):\n    LoraConfig(r=R)', 8],
    ["a class's own in its body", 'class A:\n  R = 8\n  c = LoraConfig(r=R)', 8],
    ['a walrus', 'if (R := 8) > 4:\n  LoraConfig(r=R)', 8],
    ['settings in a dictionary', 'c = {"r": 8}\nLoraConfig(**c)', 8],
    ['settings in a call of dict', 'LoraConfig(**dict(r=8))', 8],
    ['a name assigned twice', 'R = 8\nR = 16\nLoraConfig(r=R)', 'r is assigned more than once'],
    [
      'a name assigned in two branches',
      'if a:\n  R = 8\nelse:\n  R = 16\nLoraConfig(r=R)',
      'r is assigned more than once',
    ],
    ['a name that grows', 'R = 8\nR += 8\nLoraConfig(r=R)', 'r is assigned more than once'],
    ['a name of a loop', 'for R in (4, 8):\n  LoraConfig(r=R)', 'r is not a literal'],
    ['a name of a comprehension', 'R = 2\nx = [LoraConfig(r=R) for R in (4, 8)]', 'r is not a literal'],
    ['a name of a generator', 'R = 2\nx = list(LoraConfig(r=R) for R in (4, 8))', 'r is not a literal'],
    ['a parameter', 'R = 2\ndef f(R=8):\n  LoraConfig(r=R)', 'r is a parameter'],
    ['a parameter of a lambda', 'R = 2\nf = lambda R: LoraConfig(r=R)', 'r is a parameter'],
    ['an imported name', 'from settings import R\nLoraConfig(r=R)', 'r is not a literal'],
    ['a name of a with', 'with open() as R:\n  LoraConfig(r=R)', 'r is not a literal'],
    [
      'a global set in a function',
      'R = 8\ndef f():\n  global R\n  R = 4\nLoraConfig(r=R)',
      'r is assigned more than once',
    ],
    ['a name set later', 'LoraConfig(r=R)\nR = 8', 'r is assigned only later'],
    ['an attribute', 'LoraConfig(r=args.r)', 'r is not a literal'],
    ['a name nobody sets', 'LoraConfig(r=R)', 'r is not a literal'],
    ['a name of itself', 'R = R\nLoraConfig(r=R)', 'r is assigned only later'],
    ['names of each other', 'def f():\n  LoraConfig(r=A)\nA = B\nB = A', 'r is assigned only later'],
    ['settings handed on', 'def f(**kw):\n  LoraConfig(**kw)', '** is a parameter'],
    ['a list handed on', 'LoraConfig(*args)', '* is not a literal'],
    ['a setting given twice', 'LoraConfig(r=8, **{"r": 4})', 'r is given twice'],
    ['a value that is not written', 'LoraConfig(r=)', 'r is not written yet'],
    ['a setting changed after', 'c = LoraConfig(r=8)\nc.r = 4', 'r is set again as c.r'],
    ["another config's change", 'c = LoraConfig(r=8)\nd.r = 4', 8],
    ['a walrus in the argument', 'LoraConfig(r=(R := 8))', 8],
    ['an item of a dictionary', 'D = {"r": 8}\nLoraConfig(r=D["r"])', 8],
    ['an item from the end of a list', 'L = [4, 8]\nLoraConfig(r=L[-1])', 8],
    ['an item that is not there', 'D = {"r": 8}\nLoraConfig(r=D["x"])', 'r is not a literal'],
    [
      'an item of a dictionary that changes',
      'D = {"r": 8}\nD["r"] = 4\nLoraConfig(r=D["r"])',
      'r is changed after it is assigned',
    ],
    ['a part of a list', 'L = [4, 8]\nLoraConfig(r=L[0:1])', 'r is not a literal'],
    ["a class's attribute", 'class C:\n  R = 8\nLoraConfig(r=C.R)', 8],
    ["a data class's default, of the class", '@dataclass\nclass C:\n  R: int = 8\nLoraConfig(r=C.R)', 8],
    ["an instance's attribute", '@dataclass\nclass C:\n  R: int = 8\nc = C()\nLoraConfig(r=c.R)', 'r is not a literal'],
    [
      "a class's attribute that is set again",
      'class C:\n  R = 8\nC.R = 4\nLoraConfig(r=C.R)',
      'r is assigned more than once',
    ],
    [
      "a class's attribute that setattr may set",
      'class C:\n  R = 8\nsetattr(C, k, v)\nLoraConfig(r=C.R)',
      'r is assigned more than once',
    ],
    ["an enumeration's member, which is no number", 'class C(Enum):\n  R = 8\nLoraConfig(r=C.R)', 'r is not a literal'],
    [
      "a class's attribute that a decorator may change",
      '@other\nclass C:\n  R = 8\nLoraConfig(r=C.R)',
      'r is not a literal',
    ],
    ['a setting that setattr changes', 'c = LoraConfig(r=8)\nsetattr(c, "r", 4)', 'r is set again as c.r'],
    ['settings that setattr may change', 'c = LoraConfig()\nsetattr(c, k, 4)', '* is set again on c'],
    ['a name that is being typed', 'LoraConfig(r=8, lora_)', 'lora_ is not written yet'],
  ];
  for (const [name, text, expected] of cases) {
    it(`read ${name}`, () => assert.equal(r(text), expected));
  }

  for (const change of [
    'u = t\nu.append("v")',
    'u = t\nv = u\nv += ["v"]',
    't.append("v")',
    't[0] = "v"',
    't += ["v"]',
    'del t[0]',
    't.extend(more)',
  ]) {
    it(`treat a list as unknown after ${JSON.stringify(change)}`, () => {
      const { config, unknown } = readOne(`t = ["q"]\n${change}\nLoraConfig(r=8, target_modules=t)`);
      assert.deepEqual(config, { peft_type: 'LORA', r: 8 });
      assert.equal(unknown[0]?.key, 'target_modules');
    });
  }
});

describe('a list of a config that is changed later', () => {
  it('is unknown', () => {
    for (const change of ['c.target_modules.append("v")', 'c.target_modules += ["v"]', 'c.target_modules[0] = "v"']) {
      const { config, unknown } = readOne(`c = LoraConfig(r=8, target_modules=["q"])\n${change}`);
      assert.deepEqual(config, { peft_type: 'LORA', r: 8 }, change);
      assert.deepEqual(
        unknown.map(({ key, reason }) => `${key} is ${reason}`),
        ['target_modules is set again as c.target_modules'],
      );
    }
  });
});

describe('an f-string', () => {
  const name = (text: string): unknown =>
    readOne(`o = "me"\nn = 7\nLoraConfig(base_model_name_or_path=${text})`).config['base_model_name_or_path'];

  it('is read if its fields are known strings and whole numbers', () => {
    assert.equal(name('f"{o}/llama-{n}b-{{x}}"'), 'me/llama-7b-{x}');
    assert.equal(name("rf'''{o}\\d/\"{n}\"''' 'tail'"), 'me\\d/"7"tail');
    assert.equal(name('f"{n + 1}"'), '8');
  });

  it('is unknown with a conversion, a format, `=`, or an unknown field', () => {
    for (const text of ['f"{o!r}"', 'f"{n:02d}"', 'f"{n=}"', 'f"{args.x}"', 'f"{1.5}"', 'f"{o'])
      assert.equal(name(text), undefined, text);
  });
});

describe('the base model of a config', () => {
  const base = (text: string): string | null => readFile(HEAD + text).configs[0]?.baseModel ?? null;
  const load = 'm = AutoModelForCausalLM.from_pretrained("a/b", torch_dtype=x)\n';
  const cases: readonly (readonly [string, string, string | null])[] = [
    ['its own argument', 'LoraConfig(base_model_name_or_path="a/b")', 'a/b'],
    [
      'the model of get_peft_model',
      `${load}n = AutoModel.from_pretrained("c")\nc = LoraConfig()\nget_peft_model(m, c)`,
      'a/b',
    ],
    ['by name', `${load}n = AutoModel.from_pretrained("c")\nget_peft_model(peft_config=LoraConfig(), model=m)`, 'a/b'],
    ['a text put together', 'O = "a"\nm = AutoModel.from_pretrained(f"{O}/b")\nget_peft_model(m, LoraConfig())', 'a/b'],
    [
      "a class's constant",
      'class C:\n  N = "a/b"\nm = AutoModel.from_pretrained(C.N)\nget_peft_model(m, LoraConfig())',
      'a/b',
    ],
    ['a constant', 'N = "a/b"\nm = AutoModel.from_pretrained(N)\nget_peft_model(m, LoraConfig())', 'a/b'],
    [
      'a keyword',
      'm = AutoModel.from_pretrained(pretrained_model_name_or_path="a/b")\nget_peft_model(m, LoraConfig())',
      'a/b',
    ],
    ['in place', 'get_peft_model(AutoModel.from_pretrained("a/b"), LoraConfig())', 'a/b'],
    ['moved', 'm = AutoModel.from_pretrained("a/b").to("cuda").eval()\nget_peft_model(m, LoraConfig())', 'a/b'],
    ['prepared', `${load}m = prepare_model_for_kbit_training(m)\nm = get_peft_model(m, LoraConfig())`, 'a/b'],
    [
      'with its tokenizer',
      'm, t = FastLanguageModel.from_pretrained(model_name="a/b")\nget_peft_model(m, LoraConfig())',
      'a/b',
    ],
    ["a trainer's", 'n = AutoModel.from_pretrained("c")\nSFTTrainer(model="a/b", peft_config=LoraConfig())', 'a/b'],
    ['the only one loaded', `t = AutoTokenizer.from_pretrained("t")\n${load}c = LoraConfig()`, 'a/b'],
    ['none of two', `${load}n = AutoModel.from_pretrained("c")\nc = LoraConfig()`, null],
    ['of a name that is not given', 'm = AutoModel.from_pretrained(args.name)\nget_peft_model(m, LoraConfig())', null],
    [
      'of one of two branches',
      'if a:\n  m = AutoModel.from_pretrained("a")\nelse:\n  m = AutoModel.from_pretrained("b")\n' +
        'get_peft_model(m, LoraConfig())',
      null,
    ],
  ];
  for (const [name, text, expected] of cases) it(`is ${name}`, () => assert.equal(base(text), expected));
});

describe('get_peft_model', () => {
  const linked = (text: string): (number | null)[] => readFile(HEAD + text).models.map(({ config }) => config);

  it('finds the config that is its argument', () => {
    assert.deepEqual(
      linked('a = LoraConfig()\nb = LoraConfig()\nm = get_peft_model(m, b)\nn = get_peft_model(m, a)'),
      [1, 0],
    );
  });

  it('finds the config that a name has at that line', () => {
    assert.deepEqual(linked('c = LoraConfig()\nget_peft_model(m, c)\nc = LoraConfig()\nget_peft_model(m, c)'), [0, 1]);
  });

  it('does not choose between branches', () => {
    assert.deepEqual(linked('if a:\n  c = LoraConfig()\nelse:\n  c = LoraConfig()\nget_peft_model(m, c)'), [null]);
  });

  it('is found under another name, and not if it belongs to another library', () => {
    const { models } = readFile(
      'from peft import get_peft_model as g\nimport u\ng(m, LoraConfig())\nu.get_peft_model(m)',
    );
    assert.equal(models.length, 1);
  });
});

describe('the cells of a notebook', () => {
  const read = (...cells: string[]) => atOnce(readProgram(cells.map((text) => ({ text, notebookCell: true }))));

  it('are one program, with positions in each cell', () => {
    const { configs, models } = read(
      'R = 8\nfrom peft import LoraConfig as LC',
      '',
      'c = LC(r=R)',
      'get_peft_model(m, c)',
    );
    assert.deepEqual(configs[0]?.config, { peft_type: 'LORA', r: 8 });
    assert.deepEqual(configs[0]?.span, { part: 2, from: 4, to: 11 });
    assert.deepEqual(
      models.map(({ span, config }) => [span.part, span.from, config]),
      [[3, 0, 0]],
    );
  });

  it('may contain magic, shell commands and other languages', () => {
    const { configs } = read('%pip install peft\n!ls (\n? x', '%%bash\nfor i in (; do', '%%time\nc = LoraConfig(r=8)');
    assert.deepEqual(
      configs.map(({ config, span }) => [config['r'], span.part, span.from]),
      [[8, 2, 11]],
    );
  });

  it('end where they end, even in the middle of a call', () => {
    const { configs } = read('c = LoraConfig(r=8,', 'd = 3');
    assert.equal(configs[0]?.span.to, 'c = LoraConfig(r=8,'.length);
  });
});

describe('reading a long program', () => {
  it('pauses several times, so that a cancel takes effect', () => {
    const text = 'x = [1, 2, 3]\n'.repeat(2000);
    let pauses = 0;
    for (const steps = readProgram([{ text, notebookCell: false }]); !steps.next().done;) pauses++;
    assert.ok(pauses > 20, String(pauses));
  });
});
