// Preloaded into a Node process and its threads, makes the files of the folder PEFT_SLOW_FOLDER slow: each opening, each
// read and each status takes 200 ms, as on a bad network drive.
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { setTimeout as pause } from 'node:timers/promises';

const DELAY_MS = 200;
const folder = process.env.PEFT_SLOW_FOLDER;

const isSlow = (file) => String(file?.fsPath ?? file?.pathname ?? file).startsWith(folder);
/** File descriptors of slow files that are open. */
const slow = new Set();

/** Delays `holder[name]`, which returns a promise, if its first argument names a slow file. */
function delayPromise(holder, name, isDelayed) {
  const original = holder[name];
  holder[name] = async function (...args) {
    if (isDelayed(this, args[0])) await pause(DELAY_MS);
    return original.apply(this, args);
  };
}

/** Delays `fs[name]`, which calls back, if `isDelayed` says so of its first argument. */
function delayCallback(name, isDelayed) {
  const original = fs[name];
  fs[name] = function (...args) {
    if (isDelayed(args[0])) setTimeout(() => original.apply(fs, args), DELAY_MS);
    else original.apply(fs, args);
  };
}

function delaySync(name, isDelayed) {
  const original = fs[name];
  fs[name] = function (...args) {
    if (isDelayed(args[0])) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, DELAY_MS);
    return original.apply(fs, args);
  };
}

/** Remembers which descriptors `fs.open` and `fs.openSync` give to slow files. */
function rememberDescriptors() {
  const { open, openSync, close, closeSync } = fs;
  fs.open = (file, ...rest) => {
    const done = rest.pop();
    open(file, ...rest, (error, descriptor) => {
      if (!error && isSlow(file)) slow.add(descriptor);
      done(error, descriptor);
    });
  };
  fs.openSync = (file, ...rest) => {
    const descriptor = openSync(file, ...rest);
    if (isSlow(file)) slow.add(descriptor);
    return descriptor;
  };
  fs.close = (descriptor, done) => {
    slow.delete(descriptor);
    close(descriptor, done);
  };
  fs.closeSync = (descriptor) => {
    slow.delete(descriptor);
    closeSync(descriptor);
  };
}

/** Handles of slow files. Their class has no public name, so it is found with the first handle. */
function delayHandles() {
  const { open } = fs.promises;
  const slowHandles = new WeakSet();
  let found = false;
  fs.promises.open = async (file, ...rest) => {
    const opened = await open(file, ...rest);
    if (!found) {
      found = true;
      for (const name of ['read', 'readv', 'readFile', 'stat'])
        delayPromise(Object.getPrototypeOf(opened), name, (self) => slowHandles.has(self));
    }
    if (isSlow(file)) slowHandles.add(opened);
    return opened;
  };
}

if (folder) {
  delayHandles();
  for (const name of ['open', 'readFile', 'stat', 'lstat']) delayPromise(fs.promises, name, (_, file) => isSlow(file));
  rememberDescriptors();
  for (const name of ['open', 'readFile', 'stat', 'lstat']) delayCallback(name, isSlow);
  for (const name of ['read', 'readv']) delayCallback(name, (descriptor) => slow.has(descriptor));
  for (const name of ['openSync', 'readFileSync']) delaySync(name, isSlow);
  for (const name of ['readSync', 'readvSync']) delaySync(name, (descriptor) => slow.has(descriptor));
  syncBuiltinESMExports();
}
