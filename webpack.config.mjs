// Bundles the webviews; everything that runs in Node is esbuild's (scripts/build.mjs).
import * as path from 'node:path';
import { fileURLToPath } from 'node:url';
import { EsbuildPlugin } from 'esbuild-loader';
import MiniCssExtractPlugin from 'mini-css-extract-plugin';

const root = path.dirname(fileURLToPath(import.meta.url));

/** @returns {import('webpack').Configuration} */
export default function config(_env, { mode = 'production' } = {}) {
  return {
    mode,
    context: root,
    target: 'web',
    entry: {
      inspector: './webview-ui/inspector/main.ts',
      calculator: './webview-ui/calculator/main.ts',
      comparison: './webview-ui/comparison/main.ts',
    },
    output: {
      path: path.join(root, 'dist/webview'),
      filename: '[name].js',
      chunkFilename: '[name].js',
      // A webview's address is known at run time alone: webview-ui/shared/laterScripts.ts.
      publicPath: '',
      chunkLoadingGlobal: 'peftInspectorScripts',
      iife: false,
      clean: true,
    },
    resolve: { extensions: ['.ts', '.js'] },
    module: {
      rules: [
        {
          test: /\.ts$/,
          loader: 'esbuild-loader',
          options: { target: 'es2022', tsconfig: path.join(root, 'webview-ui/tsconfig.json') },
        },
        { test: /\.css$/, use: [MiniCssExtractPlugin.loader, 'css-loader'] },
      ],
    },
    plugins: [new MiniCssExtractPlugin({ filename: '[name].css' })],
    // esbuild drops unused code at the top level only, so it, not webpack, wraps the script in a function.
    optimization: {
      // What the views loaded later have in common is one more script, fetched along with the first of them.
      splitChunks: {
        chunks: 'async',
        cacheGroups: { default: false, defaultVendors: false, heatmap: { name: 'inspector-heatmap', minChunks: 2 } },
      },
      minimizer: [new EsbuildPlugin({ target: 'es2022', css: true, format: 'iife', treeShaking: true })],
    },
    // A webview's policy forbids eval, which webpack's default development source maps use; and the page's first script
    // has no address to look beside.
    devtool: mode === 'production' ? false : 'inline-source-map',
    performance: false,
  };
}
