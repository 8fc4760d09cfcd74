// The import rules below are the arrows of CONTRIBUTING, "Rooms and arrows"; test/unit/architecture/rooms.test.ts holds the
// same table against the real import graph.
import tseslint from 'typescript-eslint';

const pureRooms = [
  ...['peftConfig', 'tensor', 'peft', 'python', 'checkpoint', 'budget', 'model', 'lab', 'matrices', 'protocol', 'text'],
];

const inPureRooms = {
  paths: [{ name: 'vscode', message: 'The pure rooms run without an editor.' }],
  patterns: [
    { group: ['node:*'], message: 'The pure rooms run in a browser too.' },
    {
      group: ['**/files/**', '**/planner/**', '**/host/**', '**/worker/**', '**/cli/**', '**/webview-ui/**'],
      message: 'The pure rooms import only each other.',
    },
  ],
};

export default tseslint.config(
  {
    ignores: [
      'dist/',
      'out/',
      '**/node_modules/',
      '.embedded/',
      '.vscode-test/',
      'test/fixtures/',
      'src/tensor/kernels/',
      'test/bench/kernel/',
    ],
  },
  ...tseslint.configs.recommended,
  {
    rules: {
      eqeqeq: 'error',
      'prefer-const': 'error',
      'no-console': 'off',
      'no-restricted-syntax': ['error', { selector: 'ExportDefaultDeclaration', message: 'Named exports only.' }],
      '@typescript-eslint/consistent-type-imports': ['error', { prefer: 'type-imports' }],
      'max-lines-per-function': ['error', { max: 60, skipBlankLines: true, skipComments: true }],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
    },
  },
  { files: ['**/*.mjs'], rules: { 'no-restricted-syntax': 'off' } },
  {
    files: ['src/**/*.ts', 'webview-ui/**/*.ts'],
    rules: {
      'no-restricted-syntax': [
        'error',
        { selector: 'ExportDefaultDeclaration', message: 'Named exports only.' },
        {
          // Shapes have at most MAX_DIMENSIONS sizes; the others are tuples and segments of one path.
          selector:
            ':matches(CallExpression, NewExpression)' +
            ':not([callee.name=/^(trained|stored|storedAs|bare|local|TileScan)$/])' +
            ':not([callee.property.name=/^(join|from|bidiagonalize|request)$/])' +
            ' > SpreadElement:not([argument.name=/^(args|range)$/])',
          message: 'Arguments lie on the stack, which an array as long as a file overflows: use a loop or reduce.',
        },
        {
          selector: 'CallExpression[callee.property.name="apply"]',
          message: 'Arguments lie on the stack, which an array as long as a file overflows: use a loop or reduce.',
        },
      ],
    },
  },
  // The engine, the core and the models spread shapes, which they have built or checked themselves.
  {
    files: ['src/peft/**/*.ts', 'src/model/**/*.ts', 'src/tensor/**/*.ts'],
    rules: {
      'no-restricted-syntax': ['error', { selector: 'ExportDefaultDeclaration', message: 'Named exports only.' }],
    },
  },
  // The callbacks of describe and before hold a file's tests; test/unit/prose asks for the reason of an exception.
  { files: ['**/*.test.ts'], rules: { 'max-lines-per-function': 'off' } },
  {
    files: pureRooms.map((room) => `src/${room}/**/*.ts`),
    rules: {
      'no-restricted-imports': ['error', inPureRooms],
      'no-restricted-globals': ['error', 'Buffer', 'process', 'document', 'window', 'require', 'setImmediate'],
    },
  },
  {
    files: ['src/cli/**/*.ts'],
    rules: {
      'no-restricted-imports': [
        'error',
        {
          patterns: [
            {
              group: ['**/worker/**', '**/planner/**'],
              message: 'The command line starts no threads: it asks the pure rooms and files.',
            },
          ],
        },
      ],
    },
  },
  {
    files: ['webview-ui/**/*.ts'],
    rules: {
      'no-restricted-imports': [
        'error',
        {
          paths: [{ name: 'vscode', message: 'A webview talks to the host through the protocol.' }],
          patterns: [
            { group: ['node:*'], message: 'A webview runs in a browser.' },
            {
              regex: '/src/(?!protocol/|text/)',
              message: 'A webview imports the protocol and the texts of src, nothing else.',
            },
          ],
        },
      ],
    },
  },
);
