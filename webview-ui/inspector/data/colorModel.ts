/** Decides the colour limit of each visible matrix, from its own magnitudes or from those of all linked matrices. */

import { ABS_QUANTILE_SHARES } from '../../../src/protocol/matrix';
import type { MatrixRef, Statistics } from '../../../src/protocol/matrix';
import { CancelledError } from '../../../src/protocol/rpc';
import { matrixKey } from '../../../src/protocol/matrixKey';
import type { ColorSettings } from '../../shared/heatmap/types';
import { isDiverging } from '../../shared/schemes';
import type { InspectorClient } from './inspectorClient';
import type { Domain, StateStore } from './state';
import type { Subject } from './subject';

/**
 * Matrices up to this size are read whole unasked: 4096 x 4096 entries take well under a second. A larger one gets its
 * limit from a sample.
 */
export const AUTO_STATISTICS_ENTRIES = 1 << 24;

export interface Colored {
  readonly subject: Subject | null;
  /** `sampled` is true if the limit is an estimate. */
  applyColor(color: ColorSettings, sampled: boolean): void;
}

/** |value| for each choice of domain. */
interface Magnitudes {
  readonly key: string;
  readonly sampled: boolean;
  limit(domain: Domain): number;
}

export class ColorModel {
  private readonly members = new Map<Colored, { magnitudes: Magnitudes | null; controller: AbortController | null }>();
  private readonly unsubscribe: () => void;

  constructor(
    private readonly client: InspectorClient,
    private readonly store: StateStore,
  ) {
    this.unsubscribe = store.subscribe((changed) => {
      if (changed.has('fixed')) for (const member of this.members.keys()) this.update(member);
      if (['scheme', 'scale', 'reduction', 'domain', 'linked'].some((key) => changed.has(key))) this.applyAll();
    });
  }

  /** The colours before any magnitudes are known. */
  initial(): ColorSettings {
    const { scheme, scale, reduction } = this.store.get();
    return { scheme, scale, reduction, limit: 1 };
  }

  /** Call again whenever the subject of the member changes. */
  update(member: Colored): void {
    const entry = this.members.get(member) ?? { magnitudes: null, controller: null };
    this.members.set(member, entry);
    const { subject } = member;
    const wanted = subject && this.judgedBy(subject);
    const key = wanted ? matrixKey(wanted) : '';
    if (entry.magnitudes?.key === key) {
      this.applyTo(member);
      return;
    }
    entry.controller?.abort();
    if (!subject || !wanted) {
      entry.magnitudes = null;
      return;
    }
    const controller = (entry.controller = new AbortController());
    this.measure(subject, key, controller.signal).then(
      (magnitudes) => {
        if (controller.signal.aborted) return;
        entry.magnitudes = magnitudes;
        if (this.store.get().linked) this.applyAll();
        else this.applyTo(member);
      },
      (error: unknown) => {
        // A matrix that cannot be measured cannot be drawn either, and its heatmap shows why.
        if (!(error instanceof CancelledError)) this.applyTo(member);
      },
    );
  }

  remeasure(member: Colored): void {
    const entry = this.members.get(member);
    if (entry) entry.magnitudes = null;
    this.update(member);
  }

  remove(member: Colored): void {
    this.members.get(member)?.controller?.abort();
    this.members.delete(member);
  }

  dispose(): void {
    this.unsubscribe();
    for (const { controller } of this.members.values()) controller?.abort();
    this.members.clear();
  }

  private judgedBy(subject: Subject): MatrixRef {
    return (this.store.get().fixed ? subject.domainOf : undefined) ?? subject.matrix;
  }

  private async measure(subject: Subject, key: string, signal: AbortSignal): Promise<Magnitudes> {
    const matrix = this.judgedBy(subject);
    if (subject.rows * subject.columns <= AUTO_STATISTICS_ENTRIES || this.client.knownStatistics(matrix)) {
      const statistics = await this.client.statistics(matrix, { signal });
      return { key, sampled: statistics.sampled, limit: (domain) => statisticsLimit(statistics, domain) };
    }
    const glance = await this.client.glance(matrix, signal);
    return { key, sampled: true, limit: (domain) => statisticsLimit(glance, domain) };
  }

  private applyAll(): void {
    for (const member of this.members.keys()) this.applyTo(member);
  }

  private applyTo(member: Colored): void {
    const { domain, linked, scheme: chosen, scale, reduction } = this.store.get();
    const scheme = member.subject?.nonNegative && isDiverging(chosen) ? 'viridis' : chosen;
    const magnitudes = this.members.get(member)?.magnitudes;
    const own = magnitudes?.limit(domain) ?? 0;
    let limit = own;
    if (linked)
      for (const entry of this.members.values()) limit = Math.max(limit, entry.magnitudes?.limit(domain) ?? 0);
    member.applyColor({ scheme, scale, reduction, limit: limit || 1 }, magnitudes?.sampled ?? false);
  }
}

export function statisticsLimit(statistics: Statistics, domain: Domain): number {
  if (domain === 'max') return statistics.maxAbs;
  const quantile = statistics.absQuantiles[ABS_QUANTILE_SHARES.indexOf(domain)] ?? 0;
  // The quantiles of a matrix that is mostly zeros are 0. Its largest entries are then what there is to see.
  return quantile > 0 ? quantile : statistics.maxAbs;
}
