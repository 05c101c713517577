import js from '@eslint/js';
import wxmlParser from '@wxml/parser';
import wxml from 'eslint-plugin-wxml';
import ts from 'typescript-eslint';

const GLOBALS = [
  'wx', 'App', 'Page', 'Component', 'Behavior', 'getApp', 'getCurrentPages', 'console',
  'setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'WechatMiniprogram',
];
const WXML_RULES = [
  'report-wxml-syntax-error', 'report-interpolation-error', 'report-wxs-syntax-error', 'wx-key', 'no-duplicate-attributes',
  'no-wx-for-with-wx-if', 'no-wx-for-with-wx-else', 'no-wx-if-string', 'no-vue-directive',
  'no-inconsistent-tagname', 'no-dynamic-wx-key', 'no-const-and-let-in-wxs', 'wxs-module-prop',
];

export default [
  { ignores: ['node_modules/', 'miniprogram_npm/', 'api/types.d.ts', 'eslint.config.mjs'] },
  ...[js.configs.recommended, ...ts.configs.recommended].map((config) => ({ ...config, files: ['**/*.ts'] })),
  {
    files: ['**/*.ts'],
    languageOptions: { globals: Object.fromEntries(GLOBALS.map((name) => [name, 'readonly'])) },
    rules: { 'no-undef': 'off', '@typescript-eslint/no-explicit-any': 'error', eqeqeq: 'error' },
  },
  {
    files: ['**/*.wxml'],
    plugins: { wxml },
    languageOptions: { parser: wxmlParser },
    rules: Object.fromEntries(WXML_RULES.map((rule) => [`wxml/${rule}`, 'error'])),
  },
];
