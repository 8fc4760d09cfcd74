/** Lily: neighbouring layers share their down projections, and all layers share the up projections. */

import type { AdapterSettings } from '../../peftConfig/adapterSettings';
import { ConfigError } from '../../peftConfig/errors';
import type { Module } from '../moduleTable';
import type { Method } from './method';
import { again, LINEAR, uniformRank, trained } from './method';

export const LILY: Method = {
  accepts: LINEAR,
  keeps: (keep, { o, r }) => {
    keep.cast();
    keep.token(r);
    keep.weight(r * o);
  },
  rank: uniformRank,
  parts: (module, settings, { modules }) => {
    const { inFeatures: i, outFeatures: o } = module;
    const r = settings.count('r');
    const ups = settings.count('num_B');
    const stride = settings.count('stride_A');
    if (ups < 2) throw new ConfigError('num_B', ups, 'at least 2: a router needs a choice');
    const place = lilyPlace(module, modules, settings);
    const down = trained('lily_A.weight', r, i);
    const up = trained('lily_B.weight', ups * r, o);
    return [
      place % stride === 0 ? down : again(down),
      place === 0 ? up : again(up),
      trained('lily_router.weight', ups, r),
    ];
  },
};

/** A module's index among those that share with it: those of the same target and shape. */
function lilyPlace(module: Module, modules: readonly Module[], settings: AdapterSettings): number {
  const known = lilyPlaces.get(settings) ?? new Map<string, number>();
  if (!lilyPlaces.has(settings)) {
    lilyPlaces.set(settings, known);
    const counts = new Map<string, number>();
    for (const { name, inFeatures, outFeatures } of modules) {
      const group = `${lilyTarget(name, modules.length, settings)} ${inFeatures} ${outFeatures}`;
      const place = counts.get(group) ?? 0;
      counts.set(group, place + 1);
      known.set(name, place);
    }
  }
  return known.get(module.name) ?? 0;
}

const lilyPlaces = new WeakMap<AdapterSettings, Map<string, number>>();

/** PEFT reduces a list of this many targets to the shortest suffixes that distinguish them. */
const LONG_LIST = 20;

function lilyTarget(name: string, targeted: number, settings: AdapterSettings): string {
  const targets = settings.namesOrPattern('target_modules');
  const end = name.slice(name.lastIndexOf('.') + 1);
  if (typeof targets === 'string' && targets.toLowerCase() === 'all-linear') return targeted < LONG_LIST ? name : end;
  if (typeof targets === 'string') return targets;
  if (targets === null) return end;
  return targets.reduce((best, target) => (name.endsWith(target) && target.length > best.length ? target : best), '');
}
